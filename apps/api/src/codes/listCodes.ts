import type { Audited } from '@codemint/db';
import { ForbiddenError, InvalidPayloadError } from '@codemint/shared';
import type { Response } from 'express';
import { recordDownload, selectionOf } from '../audit/recordDownload';
import { type Answer, json } from '../http/route';
import { uniqueCode } from '../items/collections/uniqueCode';
import { type ExportFormat, parseExport } from '../items/export/formats';
import { writtenRows } from '../items/export/rowFormat';
import { exportItems, exportName, sendFile } from '../items/export/sendExport';
import { requireKey } from '../items/presence';
import { type ItemsQuery, MATCH_ALL, type MetaName } from '../items/query/itemsQuery';
import { isPlainObject } from '../items/query/lists';
import { parseQuery } from '../items/query/parseQuery';
import { readMeta } from '../items/read/countItems';
import { readItems, streamItems } from '../items/read/readItems';
import type { Scope } from '../items/scope';
import type { CodePlan } from './codePlan';
import { codePages } from './codeSource';
import type { Table } from './codeTables';
import { CodeWriter } from './codeWriter';
import { COLUMN_FORMATS, parseColumnExport, sendColumns } from './columns/exportColumns';
import { countAll, countGroups, isCountable } from './countGroups';
import { exportedCodes } from './exportedCodes';
import { planFor } from './reservedCodes';
import { partOf, selectCodes, streamable, tableOfSelected } from './selectCodes';
import { listFormat, sendList } from './sendCodes';

interface ListOptions {
  /** Only codes with these ids. */
  keys?: readonly string[];
  /** Of an export; named after the collection and the time if left out. */
  fileName?: string;
  /** What an export is told of in the audit log; the parameters unless it is given. */
  audited?: Omit<Audited, 'action' | 'details'>;
}

/**
 * Answers a list of codes as a query's parameters ask for it, or exports it. It is written while it is read, so it may
 * be all codes that there are.
 * @throws InvalidQueryError, ForbiddenError for an unknown field, PoolKeyError
 */
export async function answerCodes(
  scope: Scope,
  parameters: Record<string, unknown>,
  response: Response,
  { keys, fileName, audited }: ListOptions = {},
): Promise<Answer> {
  const columns = parseColumnExport(parameters);
  const format = columns === undefined ? parseExport(parameters.export, COLUMN_FORMATS) : undefined;
  const query = withKeys(parseQuery(uniqueCode, scope.caller, parameters), keys);
  const plan = await planFor(scope, query.filter);
  const { grouping, limit } = query;
  if (columns !== undefined || format !== undefined) {
    const own = { collection: uniqueCode.name, item: null, accountId: scope.caller.accountId };
    const selection = audited === undefined ? selectionOf(parameters) : { format: parameters.export };
    const details = keys === undefined ? selection : { ...selection, keys: keys.length };
    await recordDownload(scope.context, response, { action: 'export', ...(audited ?? own), details });
  }
  if (columns !== undefined) {
    return sendColumns(scope, query, await selectCodes(scope, plan), columns, response, fileName);
  }
  if (grouping !== undefined && limit !== 0 && isCountable(grouping) && plan.isOfCounters) {
    const groups = onePage(await countGroups(scope, query.filter, plan, { ...query, grouping }));
    return sendItems(response, query, format, groups, await metaOf(scope, query, plan));
  }
  const selected = await selectCodes(scope, plan);
  const selection = streamable(selected, query);
  if (selection === undefined) {
    const table = await tableOfSelected(scope, selected);
    const items = bare(query, streamItems(table.scope, table.collection, query));
    return sendItems(response, query, format, items, await metaOf(scope, query, plan, table));
  }
  const pages = codePages(scope.context.database.pool, selection, partOf(query));
  if (format !== undefined) {
    const name = fileName ?? exportName(uniqueCode.name, format);
    return sendFile(response, name, format, () => exportedCodes(scope, query, format, pages));
  }
  const meta = await metaOf(scope, query, plan);
  return sendList(response, new CodeWriter(scope, query, listFormat(meta)).list(pages));
}

/** The same for the body of a SEARCH, `{query, keys}`. */
export function searchCodes(scope: Scope, body: unknown, response: Response): Promise<Answer> {
  const { query = {}, keys } = isPlainObject(body) ? body : {};
  if (!isPlainObject(query)) throw new InvalidPayloadError('"query" has to be an object');
  if (keys === undefined) return answerCodes(scope, query, response);
  if (!Array.isArray(keys)) throw new InvalidPayloadError('"keys" has to be a list');
  return answerCodes(scope, query, response, { keys: keys.map((key) => requireKey(uniqueCode, key)) });
}

/** @throws ForbiddenError when there is no such code that the caller may see */
export async function readCode(
  scope: Scope,
  id: string,
  parameters: Record<string, unknown>,
): Promise<Answer> {
  const { fields, alias, deep } = parameters;
  const query = withKeys(parseQuery(uniqueCode, scope.caller, { fields, alias, deep }), [
    requireKey(uniqueCode, id),
  ]);
  const table = await tableOfSelected(scope, await selectCodes(scope, await planFor(scope, query.filter)));
  const [item] = await readItems(table.scope, table.collection, { fields: query.fields });
  if (item === undefined) throw new ForbiddenError();
  return json({ data: query.isBare ? item.id : item });
}

function withKeys(query: ItemsQuery, keys: readonly string[] | undefined): ItemsQuery {
  if (keys === undefined) return query;
  const test = { kind: 'in', negated: false, values: keys } as const;
  const isKey = { kind: 'test', column: { path: [], field: uniqueCode.primaryKey }, test } as const;
  return { ...query, filter: { kind: 'and', parts: [query.filter, isKey] } };
}

async function* onePage(items: unknown[]): AsyncGenerator<unknown[]> {
  yield items;
}

async function* bare({ isBare }: ItemsQuery, pages: AsyncGenerator<Record<string, unknown>[]>) {
  for await (const page of pages) yield isBare ? page.map(({ id }) => id) : page;
}

/**
 * Counts are sums of the batches' counters, as far as these tell them.
 * @param table of the codes that can meet the filter, where a look at each is taken anyway
 */
async function metaOf(scope: Scope, { meta, filter }: ItemsQuery, plan: CodePlan, table?: Table) {
  if (meta.size === 0) return undefined;
  const counts: Record<string, number> = {};
  if (meta.has('total_count')) counts.total_count = await countAll(scope, MATCH_ALL, {});
  if (!meta.has('filter_count')) return counts;
  if (plan.isOfCounters) return { ...counts, filter_count: await countAll(scope, filter, plan) };
  const { scope: among, collection } =
    table ?? (await tableOfSelected(scope, await selectCodes(scope, plan)));
  return { ...counts, ...(await readMeta(among, collection, { meta: FILTER_COUNT, filter })) };
}

const FILTER_COUNT: ReadonlySet<MetaName> = new Set(['filter_count'] as const);

function sendItems(
  response: Response,
  query: ItemsQuery,
  format: ExportFormat | undefined,
  pages: AsyncGenerator<unknown[]>,
  meta: Record<string, number> | undefined,
): Promise<Answer> {
  if (format !== undefined) return exportItems(response, uniqueCode, format, query, pages);
  return sendList(response, writtenRows(listFormat(meta), pages));
}
