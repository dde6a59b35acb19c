import { InvalidQueryError } from '@codemint/shared';
import { csv } from './csv';
import { INDENTED_JSON } from './json';
import type { RowFormat } from './rowFormat';
import { XML } from './xml';
import { YAML } from './yaml';

export interface ExportFormat {
  readonly extension: string;
  readonly contentType: string;
  /**
   * @param items all that are to be written, or the first of them
   * @param others names of columns that later items may have besides
   */
  open(items: readonly unknown[], others: readonly string[]): RowFormat;
}

const CSV = { extension: 'csv', contentType: 'text/csv; charset=utf-8' };

const FORMATS: Readonly<Record<string, ExportFormat>> = {
  csv: { ...CSV, open: (items, others) => csv(items, others, false) },
  csv_utf8: { ...CSV, open: (items, others) => csv(items, others, true) },
  json: {
    extension: 'json',
    contentType: 'application/json; charset=utf-8',
    open: () => INDENTED_JSON,
  },
  xml: { extension: 'xml', contentType: 'text/xml; charset=utf-8', open: () => XML },
  yaml: { extension: 'yaml', contentType: 'text/yaml; charset=utf-8', open: () => YAML },
};

/**
 * The format that the parameter `export` asks for; undefined if it asks for none.
 * @param others names of formats that this collection has besides, for the refusal
 * @throws InvalidQueryError
 */
export function parseExport(raw: unknown, others: readonly string[] = []): ExportFormat | undefined {
  if (raw === undefined || raw === null || raw === '') return undefined;
  if (typeof raw === 'string' && Object.hasOwn(FORMATS, raw)) return FORMATS[raw];
  throw new InvalidQueryError(`"export" must be one of [${[...Object.keys(FORMATS), ...others].join(', ')}]`);
}
