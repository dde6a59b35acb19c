import { type CodeOwner, findCode, findRegistered, type NamespaceKey, ownersOf } from '@codemint/db';
import { InvalidPayloadError } from '@codemint/shared';
import type { Scope } from '../items/scope';
import type { NamedCode } from './subject';

/** Each namespace where the caller has codes costs some statements, about 2 ms. */
const MAX_NAMESPACES = 1_000;

interface Group {
  namespace: NamespaceKey;
  numbers: number[];
  codes: string[];
}

/**
 * Who owns each code in the namespaces where the caller has codes, be it another account; undefined for those that
 * nobody has, and where there is nothing to ask for.
 * @throws PoolKeyError when a pool that could have made one of them cannot be decoded
 * @throws InvalidPayloadError when they are of too many namespaces
 */
export async function findOwners(
  scope: Scope,
  named: readonly (NamedCode | undefined)[],
): Promise<(CodeOwner | undefined)[]> {
  const { database, ring } = scope.context;
  const owners = new Array<CodeOwner | undefined>(named.length).fill(undefined);
  for (const { namespace, numbers, codes } of await visible(scope, groupsOf(named))) {
    const found = await ownersOf(database.pool, ring, namespace, codes);
    for (const [i, number] of numbers.entries()) owners[number] ??= found[i];
  }
  return owners;
}

/** The codes by namespace. */
function groupsOf(named: readonly (NamedCode | undefined)[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [number, one] of named.entries()) {
    for (const namespace of one?.namespaces ?? []) {
      const name = nameOf(namespace);
      const group = groups.get(name) ?? { namespace, numbers: [], codes: [] };
      group.numbers.push(number);
      group.codes.push((one as NamedCode).code);
      groups.set(name, group);
    }
  }
  return [...groups.values()];
}

/** Those of namespaces where the caller has codes: of others he learns nothing, not even by how long it takes. */
async function visible({ context, caller }: Scope, groups: readonly Group[]): Promise<Group[]> {
  const { rows } = await context.database.pool.query<NamespaceKey>({
    name: 'visible-namespaces',
    text: `SELECT kind, key
             FROM namespace n JOIN unnest($1::text[], $2::text[]) AS asked (kind, key) USING (kind, key)
            WHERE $3::uuid IS NULL
               OR EXISTS (SELECT 1 FROM batch WHERE account_id = $3 AND namespace_id = n.id)`,
    values: [
      groups.map(({ namespace }) => namespace.kind),
      groups.map(({ namespace }) => namespace.key),
      caller.accountId,
    ],
  });
  if (rows.length > MAX_NAMESPACES) {
    throw new InvalidPayloadError(
      `Codes of more than ${MAX_NAMESPACES} products and domains: part the request`,
    );
  }
  const names = new Set(rows.map(nameOf));
  return groups.filter(({ namespace }) => names.has(nameOf(namespace)));
}

function nameOf({ kind, key }: NamespaceKey): string {
  return `${kind} ${key}`;
}

/** Who owns a code of which nothing says what it is of: at most one in each namespace where the caller has codes. */
export async function findOwnersAnywhere({ context, caller }: Scope, code: string): Promise<CodeOwner[]> {
  const { pool } = context.database;
  const { accountId } = caller;
  const generated = await findCode(pool, context.ring, code, { accountId });
  const registered = await findRegistered(pool, code, { accountId });
  const { rows } = await pool.query<CodeOwner>(
    'SELECT batch_id AS "batchId", place, true AS "isSupplied" FROM registry WHERE id = ANY ($1::uuid[])',
    [registered.map(({ id }) => id)],
  );
  return [...generated.map(({ batchId, place }) => ({ batchId, place, isSupplied: false })), ...rows];
}
