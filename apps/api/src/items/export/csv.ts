import type { FieldTree } from '../query/itemsQuery';
import { isPlainObject } from '../query/lists';
import type { RowFormat } from './rowFormat';

const BOM = '\uFEFF';

/**
 * CSV with the columns of these items, in the order in which they come up: fields of related items as
 * `account.account_name`, lists as JSON. A text that a spreadsheet would take for a formula has an apostrophe before it;
 * codes alone are told as they are.
 * @param items all that are to be written, or the first of them
 * @param others columns that later items may have besides
 */
export function csv(items: readonly unknown[], others: readonly string[], withBom: boolean): RowFormat {
  const columns = new Set<string>();
  for (const item of items) for (const [column] of cells(item, '')) columns.add(column);
  for (const column of others) columns.add(column);
  const header = Array.from(columns, (column) => quoted(withoutFormula(column))).join(',');
  return {
    head: `${withBom ? BOM : ''}${header}\n`,
    separator: '\n',
    tail: '',
    empty: '',
    isVerbatim: true,
    row(item) {
      const found = new Map(cells(item, ''));
      return Array.from(columns, (column) => cellText(found.get(column), isExact(column))).join(',');
    },
  };
}

/** All columns that items shaped by a tree can have. A related item that is not there is the empty column of its own name. */
export function columnsOf(fields: FieldTree): string[] {
  return [...fields].flatMap(([key, node]) =>
    node?.kind === 'related' ? [...columnsOf(node.tree).map((below) => `${key}.${below}`), key] : [key],
  );
}

function cells(item: unknown, path: string): [string, unknown][] {
  const isNested = isPlainObject(item) && (path === '' || Object.keys(item).length > 0);
  if (!isNested) return [[path, item]];
  return Object.entries(item).flatMap(([key, value]) => cells(value, path === '' ? key : `${path}.${key}`));
}

/** Codes: printers and ERP systems need each character of them, and `-` may begin one. */
function isExact(column: string): boolean {
  return /(^|\.)(code|serial)$/.test(column);
}

/**
 * What spreadsheets take for a formula when a cell begins with it (OWASP, CSV injection): whoever opens the file would
 * run what somebody else has typed.
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Behind an apostrophe it is a text. */
function withoutFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Texts stand in quotes, numbers do not, null is nothing at all. */
function cellText(value: unknown, isCode: boolean): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') return quoted(JSON.stringify(value));
  if (typeof value !== 'string') return String(value);
  return quoted(isCode ? value : withoutFormula(value));
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
