import { type CodeStatus, type MoveCondition, readCodesAt, registeredById } from '@codemint/db';
import { codeId, InvalidQueryError, parseCodeId } from '@codemint/shared';
import type { Filter, ItemsQuery } from '../items/query/itemsQuery';
import { plainFields } from '../items/query/parseQuery';
import { streamItems } from '../items/read/readItems';
import type { Scope } from '../items/scope';
import { findBatches } from './codeBatch';
import { type CodePlace, CodePlaces } from './codePlaces';
import { type CodePlan, STATUSES, statusesIn } from './codePlan';
import { codePages } from './codeSource';
import { countAll } from './countGroups';
import { planFor } from './reservedCodes';
import { partOf, selectCodes, streamable, tableOfSelected } from './selectCodes';

/** Codes that a query means. */
interface Gathered {
  places: CodePlaces;
  /** What it says of them that may have changed when they are. */
  condition: MoveCondition;
}

/** Finds where the codes of a query stand. @throws InvalidQueryError for more than `most`, or for too hard a query */
export async function gatherCodes(scope: Scope, query: ItemsQuery, most: number): Promise<Gathered> {
  const plan = await planFor(scope, query.filter);
  if (plan.isOfCounters) {
    const found = (await countAll(scope, query.filter, plan)) - query.offset;
    if (Math.min(found, query.limit ?? found) > most) throw tooMany(most);
  }
  const places = new CodePlaces();
  for await (const _ of gathered(scope, plan, query, places)) {
    if (places.count > most) throw tooMany(most);
  }
  return { places, condition: conditionOf(query.filter, plan) };
}

/** Goes on by as many codes as are read at a time. */
async function* gathered(scope: Scope, plan: CodePlan, query: ItemsQuery, places: CodePlaces) {
  const selected = await selectCodes(scope, plan);
  const selection = streamable(selected, query);
  if (selection !== undefined) {
    for await (const page of codePages(scope.context.database.pool, selection, partOf(query))) {
      yield places.addPage(page);
    }
    return;
  }
  const table = await tableOfSelected(scope, selected);
  const keys = { ...query, fields: plainFields(['id']) };
  for await (const items of streamItems(table.scope, table.collection, keys)) {
    const ids = items.map(({ id }) => String(id));
    for (const place of (await locateIds(scope, ids)).values()) places.add(place);
    yield;
  }
}

function tooMany(most: number): InvalidQueryError {
  return new InvalidQueryError(
    `At most ${most} codes can be changed at a time: send several requests, each with a "limit" of so many, or with a ` +
      'filter on one "identifier_job" or "status" more',
  );
}

/** A code that meets it no more is somebody else's by now, or has left its reservation. */
function conditionOf(filter: Filter, { reservations }: CodePlan): MoveCondition {
  const from = statusesIn(filter) as readonly CodeStatus[];
  if (reservations !== undefined) return { from, reservations: new Set(reservations.keys()) };
  return from.length < STATUSES.length ? { from } : {};
}

/** Looked up by one query. */
const IDS_AT_ONCE = 10_000;

/** Where the codes with these ids stand, as far as there are such that the caller sees. @param ids each once */
export async function locateIds(scope: Scope, ids: readonly string[]): Promise<Map<string, CodePlace>> {
  const found = new Map<string, CodePlace>();
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    for (const code of await locateSome(scope, ids.slice(at, at + IDS_AT_ONCE))) found.set(code.id, code);
  }
  return found;
}

async function locateSome({ context, caller }: Scope, ids: readonly string[]): Promise<CodePlace[]> {
  const { pool } = context.database;
  const places = ids.map(parseCodeId).filter((place) => place !== undefined);
  const generated = await readCodesAt(
    pool,
    places.map(({ batch, position }) => ({ batchId: batch, place: position })),
  );
  const supplied = await registeredById(
    pool,
    ids.filter((id) => parseCodeId(id) === undefined),
  );
  const codes = [
    ...generated.map(({ batchId, place }) => ({
      id: codeId(batchId, place),
      batchId,
      place,
      isSupplied: false,
    })),
    ...supplied.map(({ batchId, place, id }) => ({ id, batchId, place, isSupplied: true })),
  ];
  const batchIds = [...new Set(codes.map(({ batchId }) => batchId))];
  const batches = await findBatches(pool, { accountId: caller.accountId, batchIds });
  const visible = new Set(batches.map(({ batchId }) => batchId));
  return codes.filter(({ batchId }) => visible.has(batchId));
}
