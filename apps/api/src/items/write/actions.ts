import type { KeyedRequest } from '@codemint/db';
import { ForbiddenError } from '@codemint/shared';
import { answerOnce } from '../../http/idempotency';
import type { Answer } from '../../http/route';
import type { Collection } from '../collection';
import { parseShape } from '../query/parseQuery';
import { readItems } from '../read/readItems';
import { forbiddenAction, forbiddenUpdate } from '../refusals';
import type { Item, Scope } from '../scope';
import { parseSubmission } from './bodies';
import type { Change, Writer } from './writer';

type Parameters = Readonly<Record<string, unknown>>;

/** What the writes of a collection work with. */
export interface Target {
  readonly collection: Collection;
  readonly writer: Writer;
}

/**
 * Makes what the body of a POST holds and answers it: one item, or a list in the order of primary keys.
 * @param keyed the request, where its caller may repeat it
 */
export async function createItems(
  scope: Scope,
  { collection, writer }: Target,
  body: unknown,
  parameters: Parameters,
  keyed: KeyedRequest | undefined,
): Promise<Answer> {
  if (!mayWrite(scope)) throw forbiddenAction('create', collection);
  const submission = parseSubmission(body);
  // A wrong parameter must not be found when all is written.
  parseShape(collection, scope.caller, parameters);
  return answerOnce(scope.context.database, keyed, {
    make: () => writer.create(scope, submission, keyed),
    answer: async (keys) => {
      const items = await readWritten(scope, collection, keys, parameters);
      if (submission.isList) return { data: items };
      // Of a request that is repeated the item may be gone.
      if (items[0] === undefined) throw new ForbiddenError();
      return { data: items[0] };
    },
  });
}

/** Changes items and answers them in the order of primary keys. */
export async function changeItems(
  scope: Scope,
  { collection, writer }: Target,
  changes: readonly Change[],
  parameters: Parameters,
): Promise<Item[]> {
  if (!mayWrite(scope)) {
    throw forbiddenUpdate([...new Set(changes.flatMap(({ body }) => Object.keys(body)))], collection);
  }
  parseShape(collection, scope.caller, parameters);
  await writer.update(scope, changes);
  return readWritten(
    scope,
    collection,
    changes.map(({ key }) => key),
    parameters,
  );
}

export async function removeItems(
  scope: Scope,
  { collection, writer }: Target,
  keys: readonly string[],
): Promise<void> {
  if (!mayWrite(scope)) throw forbiddenAction('delete', collection);
  await writer.remove(scope, keys);
}

function mayWrite({ caller }: Scope): boolean {
  return caller.role !== 'reader';
}

function readWritten(
  scope: Scope,
  collection: Collection,
  keys: readonly string[],
  parameters: Parameters,
): Promise<Item[]> {
  return readItems(scope, collection, {
    fields: parseShape(collection, scope.caller, parameters).fields,
    keys,
    sort: [{ column: { path: [], field: collection.primaryKey }, descending: false }],
    limit: null,
  });
}
