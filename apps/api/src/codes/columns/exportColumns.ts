import type { Client } from '@codemint/db';
import { InvalidQueryError } from '@codemint/shared';
import type { Response } from 'express';
import type { Answer } from '../../http/route';
import { uniqueCode } from '../../items/collections/uniqueCode';
import { parseExport } from '../../items/export/formats';
import { exportName, sendFile } from '../../items/export/sendExport';
import type { ItemsQuery } from '../../items/query/itemsQuery';
import type { Scope } from '../../items/scope';
import { CODE_BATCHES, type CodeBatch, type CodeSelection, conditions, findBatches } from '../codeBatch';
import { codePages, countSelected } from '../codeSource';
import { DOWNLOAD_FORMATS, requireColumns, requireRows } from '../layouts';
import { partOf, type Selected, streamable } from '../selectCodes';
import { ColumnSource } from './batchColumns';
import { codeFile } from './codeFile';
import type { CodeFormat } from './codeFormat';
import { type ColumnName, parseColumns, parseFilterValue } from './names';

/** A file of codes that tells columns instead of fields. */
export interface ColumnExport {
  format: CodeFormat;
  columns: readonly ColumnName[] | undefined;
  filterValue: number;
}

/** Formats of columns alone; all others are those of any collection. */
export const COLUMN_FORMATS = ['txt', 'ndjson', 'xlsx', 'epcis'] as const;

/**
 * What a query's parameters ask for where it is columns; undefined where it is fields, or no file.
 * @throws InvalidQueryError
 */
export function parseColumnExport(parameters: Readonly<Record<string, unknown>>): ColumnExport | undefined {
  const own = COLUMN_FORMATS.find((name) => name === parameters.export);
  const columns = parseColumns(parameters.columns);
  if (own === undefined && columns === undefined) return undefined;
  const filterValue = parseFilterValue(parameters.filter_value);
  const format = own === undefined ? itemFormat(parameters.export) : DOWNLOAD_FORMATS[own];
  if (format === undefined) {
    throw new InvalidQueryError('"columns" are of files: they need "export"');
  }
  if (parameters.fields !== undefined && parameters.fields !== '') {
    throw new InvalidQueryError(
      columns === undefined
        ? `"${own}" has "columns", not "fields"`
        : 'A file has either "fields" or "columns"',
    );
  }
  requireColumns(format, columns);
  return { format, columns, filterValue };
}

/** A format of any collection, with columns as the fields of its items. */
function itemFormat(raw: unknown): CodeFormat | undefined {
  const format = parseExport(raw, COLUMN_FORMATS);
  if (format === undefined) return undefined;
  const { contentType, extension } = format;
  return {
    name: String(raw),
    description: extension,
    contentType,
    extension,
    columns: [],
    open(columns = []) {
      const named = Object.fromEntries(columns.map((name) => [name, name]));
      return { rows: format.open([named], []) };
    },
  };
}

/**
 * Sends the selected codes as a file of columns.
 * @throws InvalidQueryError where they are not all of one type, or have no such columns
 */
export async function sendColumns(
  { context }: Scope,
  query: ItemsQuery,
  selected: Selected,
  { format, columns, filterValue }: ColumnExport,
  response: Response,
  fileName = exportName(uniqueCode.name, format),
): Promise<Answer> {
  const { pool } = context.database;
  const selection = streamable(selected, query);
  if (selection === undefined) {
    throw new InvalidQueryError(
      'Files of "columns" are of codes that a filter on identifier_job, product, type, status or reservation selects, in the order of their ids',
    );
  }
  const layout = format.open(columns, new Date());
  const source = new ColumnSource(pool, { format, columns, filterValue }, layout);
  // What is wrong with a batch must not be found in the middle of the file.
  for (const batch of await examplesOf(pool, selection)) await source.of(batch);
  const part = partOf(query);
  if (format.mostRows !== undefined) {
    const count = Math.max(0, (await countSelected(pool, selection)) - part.offset);
    requireRows(format, Math.min(count, part.limit));
  }
  const gzip = format.pack === undefined && response.req.acceptsEncodings('gzip', 'identity') === 'gzip';
  const parts = () => codeFile(format, layout, source, codePages(pool, selection, part));
  return sendFile(response, fileName, format, parts, gzip);
}

/** A batch of each kind that columns tell apart. @throws InvalidQueryError where they are of several types */
async function examplesOf(client: Client, selection: CodeSelection): Promise<readonly CodeBatch[]> {
  const batches = selection.batches ?? (await someOfEach(client, selection));
  const types = [...new Set(batches.map(({ type }) => type))];
  if (types.length <= 1) return batches;
  throw new InvalidQueryError(
    `"columns" are of codes of one type, and these are of [${types.join(', ')}]: filter by "type"`,
  );
}

async function someOfEach(client: Client, selection: CodeSelection): Promise<readonly CodeBatch[]> {
  const { where, values } = conditions(selection);
  const { rows } = await client.query<{ batch_id: bigint }>(
    `SELECT DISTINCT ON (type, account, product) batch_id FROM (${CODE_BATCHES}) AS code_batch WHERE ${where}`,
    values,
  );
  return findBatches(client, { accountId: null, batchIds: rows.map((row) => row.batch_id) });
}
