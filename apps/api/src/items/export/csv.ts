import type { FieldTree } from '../query/itemsQuery';
import { isPlainObject } from '../query/lists';
import type { RowFormat } from './rowFormat';

const BOM = '\uFEFF';

/**
 * CSV with the columns of these items, in the order in which they come up: fields of related items as
 * `account.account_name`, lists as JSON.
 * @param items all that are to be written, or the first of them
 * @param others columns that later items may have besides
 */
export function csv(items: readonly unknown[], others: readonly string[], withBom: boolean): RowFormat {
  const columns = new Set<string>();
  for (const item of items) for (const [column] of cells(item, '')) columns.add(column);
  for (const column of others) columns.add(column);
  const header = [...columns].map(quoted).join(',');
  return {
    head: `${withBom ? BOM : ''}${header}\n`,
    separator: '\n',
    tail: '',
    empty: '',
    isVerbatim: true,
    row(item) {
      const found = new Map(cells(item, ''));
      return Array.from(columns, (column) => cellText(found.get(column))).join(',');
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

/** Texts stand in quotes, numbers do not, null is nothing at all. */
function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') return quoted(JSON.stringify(value));
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
