import { UNMARKED } from '@codemint/db';
import { uniqueCode } from '../items/collections/uniqueCode';
import { type FieldTree, type ItemsQuery, MATCH_ALL } from '../items/query/itemsQuery';
import { readItems, shapeRows } from '../items/read/readItems';
import type { Item, Scope } from '../items/scope';
import { formRow, rowsOfPage } from './codeRow';
import type { CodePage } from './codeSource';
import { tableOfRows } from './codeTables';
import { newMarks } from './runWriter';

/** How items are answered. */
export type Shape = Pick<ItemsQuery, 'fields' | 'isBare'>;

/** Rows of codes as items, in the same order; bare ids where no field is left of them. */
export async function shapeCodes(
  scope: Scope,
  { fields, isBare }: Shape,
  rows: readonly Item[],
): Promise<unknown[]> {
  if (isBare) return rows.map(({ id }) => id);
  const hasFunctions = [...fields.values()].some((node) => node?.kind === 'function');
  return hasFunctions ? computed(scope, fields, rows) : shapeRows(scope, uniqueCode, fields, rows);
}

/** Functions are Postgres' to compute. */
async function computed(scope: Scope, fields: FieldTree, rows: readonly Item[]): Promise<Item[]> {
  const table = tableOfRows(scope, rows);
  const withId: FieldTree = new Map([...fields, ['id', null]]);
  const items = await readItems(table.scope, table.collection, { fields: withId, filter: MATCH_ALL });
  const byId = new Map(items.map((item) => [item.id, item]));
  return rows.map((row) => {
    const item = byId.get(row.id) as Item;
    if (fields.has('id')) return item;
    const { id: _, ...rest } = item;
    return rest;
  });
}

/** The codes of a page as items. */
export function shapePage(scope: Scope, shape: Shape, page: CodePage): Promise<unknown[]> {
  return shapeCodes(scope, shape, rowsOfPage(page));
}

/** Items with all the fields that those of a page have. */
export function sampleOf(scope: Scope, shape: Shape, page: CodePage): Promise<unknown[]> {
  if (page.kind === 'registered') return shapePage(scope, shape, page);
  const [first = UNMARKED, ...others] = page.run.marks ?? [];
  // One that is in a reservation has all that is asked for of this.
  const unlike = others.find(({ reservation }) => (reservation === null) !== (first.reservation === null));
  const kinds = unlike === undefined ? [first] : [first, unlike];
  const rows = kinds.map((mark) => formRow(page.batch, mark, newMarks()));
  return shapeCodes(scope, shape, rows);
}
