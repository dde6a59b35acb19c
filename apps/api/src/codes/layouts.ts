import { InvalidQueryError } from '@codemint/shared';
import type { CodeFormat } from './columns/codeFormat';
import { EPCIS } from './columns/epcis';
import { type ColumnName, DEFAULT_COLUMNS } from './columns/names';
import { XLSX } from './columns/xlsx';

const LINES = { separator: '', tail: '', isVerbatim: true };

/** What codes can be downloaded as, by the ending of the path. */
export const DOWNLOAD_FORMATS = {
  csv: {
    name: 'csv',
    description: 'CSV, with `code` and `digital_link` unless columns are asked for',
    contentType: 'text/csv; charset=utf-8',
    extension: 'csv',
    columns: DEFAULT_COLUMNS,
    open(columns = DEFAULT_COLUMNS) {
      const head = `${columns.join(',')}\n`;
      return { rows: { ...LINES, head, empty: head, row: (item) => `${cells(item).join(',')}\n` } };
    },
  },
  txt: {
    name: 'txt',
    description: 'text, one code a line or what the one column asks for',
    contentType: 'text/plain; charset=utf-8',
    extension: 'txt',
    columns: ['code'],
    mostColumns: 1,
    open: () => ({ rows: { ...LINES, head: '', empty: '', row: (item) => `${valuesOf(item)[0]}\n` } }),
  },
  json: {
    name: 'json',
    description: 'a JSON array of strings, or of objects with the columns asked for',
    contentType: 'application/json; charset=utf-8',
    extension: 'json',
    columns: ['code'],
    open: (columns) => ({
      rows: {
        head: '[',
        separator: ',',
        tail: ']',
        empty: '[]',
        isVerbatim: true,
        row: (item) => JSON.stringify(columns === undefined ? valuesOf(item)[0] : item),
      },
    }),
  },
  ndjson: {
    name: 'ndjson',
    description: 'a JSON object a line, with `code` and `digital_link` unless columns are asked for',
    contentType: 'application/x-ndjson; charset=utf-8',
    extension: 'ndjson',
    columns: DEFAULT_COLUMNS,
    open: () => ({ rows: { ...LINES, head: '', empty: '', row: (item) => `${JSON.stringify(item)}\n` } }),
  },
  xlsx: XLSX,
  epcis: EPCIS,
} as const satisfies Record<string, CodeFormat>;

export type DownloadFormatName = keyof typeof DOWNLOAD_FORMATS;

/** @throws InvalidQueryError where a format cannot have these columns */
export function requireColumns(
  { name, mostColumns = Number.POSITIVE_INFINITY }: CodeFormat,
  columns: readonly ColumnName[] | undefined,
): void {
  if (columns === undefined || columns.length <= mostColumns) return;
  throw new InvalidQueryError(
    mostColumns === 0 ? `"${name}" has no "columns"` : `"${name}" has exactly one of the "columns"`,
  );
}

/** @throws InvalidQueryError where a format cannot have so many rows */
export function requireRows({ name, mostRows = Number.POSITIVE_INFINITY }: CodeFormat, count: number): void {
  if (count <= mostRows) return;
  throw new InvalidQueryError(
    `"${name}" has at most ${mostRows} codes, the rows of a sheet, and these are ${count}: "csv" has any number`,
  );
}

function valuesOf(item: unknown): unknown[] {
  return Object.values(item as object);
}

/**
 * In quotes where they must be (RFC 4180): imported codes may have such characters. A cell that begins as a formula
 * does stays as it is: the file tells codes exactly, for printers and ERP systems.
 */
function cells(item: unknown): string[] {
  return valuesOf(item).map((value) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
}
