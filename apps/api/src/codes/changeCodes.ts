import { type CodeStatus, moveCodes } from '@codemint/db';
import { ForbiddenError, InvalidPayloadError, ValidationError } from '@codemint/shared';
import type { Response } from 'express';
import { selectionOf } from '../audit/recordDownload';
import { type Answer, json } from '../http/route';
import { uniqueCode } from '../items/collections/uniqueCode';
import { requireKey } from '../items/presence';
import { saysNothing } from '../items/query/itemsQuery';
import { isPlainObject } from '../items/query/lists';
import { parseQuery, parseShape } from '../items/query/parseQuery';
import { forbiddenUpdate } from '../items/refusals';
import type { Scope } from '../items/scope';
import { bulkChanges, requireBody } from '../items/write/bodies';
import { parseInput } from '../items/write/input';
import { refuseErrors } from '../items/write/rejections';
import type { Change } from '../items/write/writer';
import { CodePlaces } from './codePlaces';
import { type CodeSet, pagesOfSet } from './codeSet';
import { CodeWriter } from './codeWriter';
import { gatherCodes, locateIds } from './gatherCodes';
import { listFormat, sendList } from './sendCodes';
import { type Shape, shapePage } from './shapeCodes';

type Parameters = Readonly<Record<string, unknown>>;
type Body = Readonly<Record<string, unknown>>;

/**
 * Changes the status of one code and answers the code. All other fields are the server's: what is sent for them is
 * passed over.
 * @throws ForbiddenError if the caller does not see it or only reads, RejectedItemsError
 */
export async function changeCode(
  scope: Scope,
  id: string,
  body: unknown,
  parameters: Parameters,
): Promise<Answer> {
  const change = { key: requireKey(uniqueCode, id), body: requireBody(body) };
  const shape = shapeOf(scope, [change.body], parameters);
  const changed = await changeListed(scope, [change]);
  for await (const page of pagesOfSet(scope.context.database.pool, changed)) {
    return json({ data: (await shapePage(scope, shape, page))[0] });
  }
  throw new ForbiddenError();
}

/**
 * Changes the status of many codes, all or none, by `[{id, status}]`, `{keys, data}` or `{query, data}`, and answers
 * them in the order of their ids. Codes that a query found are left alone, and out, where somebody else was quicker.
 * @throws as `changeCode`; InvalidPayloadError, also for a query that says neither which codes nor how many;
 *   InvalidQueryError for too many codes
 */
export async function changeCodes(
  scope: Scope,
  body: unknown,
  parameters: Parameters,
  response: Response,
): Promise<Answer> {
  const change = await changeOf(scope, body);
  const shape = shapeOf(scope, change.bodies, parameters);
  const changed = await change.perform();
  const pages = pagesOfSet(scope.context.database.pool, changed);
  return sendList(response, new CodeWriter(scope, shape, listFormat(undefined)).list(pages));
}

/** Ids that the audit log names of a change. */
const TOLD_IDS = 20;

/** A change that is not made yet. */
interface Pending {
  bodies: readonly Body[];
  /** @returns the codes that it changed, or that are as it wants them */
  perform(): Promise<CodeSet>;
}

async function changeOf(scope: Scope, body: unknown): Promise<Pending> {
  if (isPlainObject(body) && body.query !== undefined && body.keys === undefined) {
    const [asked, data] = [requireBody(body.query), requireBody(body.data)];
    return { bodies: [data], perform: () => changeFound(scope, asked, data) };
  }
  const changes = await bulkChanges(scope, uniqueCode, body);
  return { bodies: changes.map((change) => change.body), perform: () => changeListed(scope, changes) };
}

/** A wrong parameter must not be found when all is written. */
function shapeOf(scope: Scope, bodies: readonly Body[], parameters: Parameters): Shape {
  if (scope.caller.role === 'reader') {
    throw forbiddenUpdate([...new Set(bodies.flatMap((body) => Object.keys(body)))], uniqueCode);
  }
  return { fields: parseShape(uniqueCode, scope.caller, parameters).fields, isBare: false };
}

async function changeListed(scope: Scope, changes: readonly Change[]): Promise<CodeSet> {
  const found = await locateIds(scope, [...new Set(changes.map(({ key }) => key))]);
  const missing = changes.find(({ key }) => !found.has(key));
  if (missing !== undefined) throw forbiddenUpdate(Object.keys(missing.body), uniqueCode);
  const statuses = statusesOf(changes.map(({ body }) => body));
  // Of a code that is named twice the last one holds.
  const wanted = new Map(changes.map(({ key }, i) => [key, statuses[i]]));
  const all = new CodePlaces();
  const byStatus = new Map<CodeStatus, CodePlaces>();
  for (const [id, place] of found) {
    all.add(place);
    const status = wanted.get(id);
    if (status === undefined) continue;
    const alike = byStatus.get(status) ?? new CodePlaces();
    byStatus.set(status, alike);
    alike.add(place);
  }
  const moves = [...byStatus].flatMap(([status, places]) => places.moves(status));
  const ids = changes.slice(0, TOLD_IDS).map(({ key }) => key);
  await moveCodes(scope.context.database, moves, false, { ids });
  return all.set();
}

async function changeFound({ context, caller }: Scope, asked: Body, data: Body): Promise<CodeSet> {
  const [status] = statusesOf([data]);
  const { filter, search, sort, limit = -1, offset, page } = asked;
  const query = parseQuery(uniqueCode, caller, { filter, search, sort, limit, offset, page });
  if (saysNothing(query.filter) && (asked.limit ?? null) === null) throw new InvalidPayloadError(NO_CHOICE);
  const { CODEMINT_MAX_QUANTITY: most } = context.settings;
  const { places, condition } = await gatherCodes({ context, caller }, query, most);
  if (status === undefined) return places.set();
  const moves = places.moves(status, condition);
  return places.setOfMoved(moves, await moveCodes(context.database, moves, true, selectionOf(asked)));
}

/** A query that was forgotten or misspelt must not change each code of an account. */
const NO_CHOICE =
  'The query has no "filter" that says which codes it is about: add one, or a "limit" (-1 for all codes)';

/** The status that each body asks for, if it does. @throws RejectedItemsError for a wrong one */
function statusesOf(bodies: readonly Body[]): (CodeStatus | undefined)[] {
  const inputs = bodies.map((body) => parseInput(uniqueCode, body));
  refuseErrors(
    { isList: bodies.length > 1 },
    inputs.map(({ values, issues }) => [
      ...(issues.length > 0 ? [new ValidationError(issues)] : []),
      ...(values.get('status') === null ? [ValidationError.of('status', 'required', NO_STATUS)] : []),
    ]),
  );
  return inputs.map(({ values }) => values.get('status') as CodeStatus | undefined);
}

const NO_STATUS = 'Value is required: one of "unassigned", "reserved", "assigned", "encoded".';
