import { InvalidQueryError } from '@codemint/shared';
import type { Size } from './design';

/** Where on the pages of a file labels stand; all in millimetres. */
export interface Layout {
  page: Size;
  label: Size;
  /** Upper left corners on a page, in the order in which they are filled. */
  places: readonly { x: number; y: number }[];
}

export const PAGES = { a4: { width: 210, height: 297 }, letter: { width: 215.9, height: 279.4 } } as const;
export type PageName = keyof typeof PAGES;

interface Sheet {
  page: PageName;
  columns: number;
  rows: number;
  margin_x_mm: number;
  margin_y_mm: number;
  gap_x_mm: number;
  gap_y_mm: number;
}

/** Sheets of labels as they are sold. */
export const SHEETS = {
  // 63.5 × 33.9 mm
  'a4-3x8': { page: 'a4', columns: 3, rows: 8, margin_x_mm: 7.25, margin_y_mm: 12.9, gap_x_mm: 2.5, gap_y_mm: 0 },
  // 63.5 × 38.1 mm
  'a4-3x7': { page: 'a4', columns: 3, rows: 7, margin_x_mm: 7.25, margin_y_mm: 15.15, gap_x_mm: 2.5, gap_y_mm: 0 },
  // 99.1 × 67.7 mm
  'a4-2x4': { page: 'a4', columns: 2, rows: 4, margin_x_mm: 4.65, margin_y_mm: 13.1, gap_x_mm: 2.5, gap_y_mm: 0 },
  // 2⅝ × 1 inch
  'letter-3x10': { page: 'letter', columns: 3, rows: 10, margin_x_mm: 4.7625, margin_y_mm: 12.7, gap_x_mm: 3.175, gap_y_mm: 0 },
  // 4 × 2 inches
  'letter-2x5': { page: 'letter', columns: 2, rows: 5, margin_x_mm: 3.96875, margin_y_mm: 12.7, gap_x_mm: 4.7625, gap_y_mm: 0 },
} as const satisfies Record<string, Sheet>; // biome-ignore format: a sheet a line

export const SHEET_NAMES = Object.keys(SHEETS) as (keyof typeof SHEETS)[];

/** Labels are no smaller on each side. */
export const LEAST_SIDE_MM = 10;

/** What a caller may say of the layout. */
export interface LayoutQuery extends Partial<Sheet> {
  layout: 'label' | 'sheet' | keyof typeof SHEETS;
  width_mm?: number | undefined;
  height_mm?: number | undefined;
}

/** The parameters that say what a sheet is like, and those of a single label. */
const SHEET_PARAMETERS = [
  'page',
  'columns',
  'rows',
  'margin_x_mm',
  'margin_y_mm',
  'gap_x_mm',
  'gap_y_mm',
] as const;
const LABEL_PARAMETERS = ['width_mm', 'height_mm'] as const;

/**
 * @param size of a label where nothing is said of it
 * @throws InvalidQueryError for parameters that do not go with the layout, or leave no room for labels
 */
export function layoutOf(query: LayoutQuery, size: Size): Layout {
  const { layout, width_mm: width = size.width, height_mm: height = size.height } = query;
  if (layout === 'label') {
    refuse(query, SHEET_PARAMETERS, 'is of "layout=sheet" alone');
    return { page: { width, height }, label: { width, height }, places: [{ x: 0, y: 0 }] };
  }
  refuse(query, LABEL_PARAMETERS, 'is of "layout=label" alone: the sheet says how large its labels are');
  if (layout !== 'sheet') {
    refuse(query, SHEET_PARAMETERS, `does not go with "layout=${layout}", which says it`);
    return sheetLayout(SHEETS[layout]);
  }
  const {
    page = 'a4',
    columns,
    rows,
    margin_x_mm = 10,
    margin_y_mm = 10,
    gap_x_mm = 0,
    gap_y_mm = 0,
  } = query;
  if (columns === undefined || rows === undefined) {
    throw new InvalidQueryError('"layout=sheet" needs "columns" and "rows"');
  }
  return sheetLayout({ page, columns, rows, margin_x_mm, margin_y_mm, gap_x_mm, gap_y_mm });
}

function refuse(query: LayoutQuery, names: readonly (keyof LayoutQuery)[], reason: string): void {
  const name = names.find((one) => query[one] !== undefined);
  if (name !== undefined) throw new InvalidQueryError(`"${name}" ${reason}`);
}

function sheetLayout({ columns, rows, ...sheet }: Sheet): Layout {
  const page = PAGES[sheet.page];
  const width = (page.width - 2 * sheet.margin_x_mm - (columns - 1) * sheet.gap_x_mm) / columns;
  const height = (page.height - 2 * sheet.margin_y_mm - (rows - 1) * sheet.gap_y_mm) / rows;
  if (width < LEAST_SIDE_MM || height < LEAST_SIDE_MM) {
    throw new InvalidQueryError(
      `${columns} × ${rows} labels on a page of ${page.width} × ${page.height} mm with these margins and gaps would be ` +
        `smaller than ${LEAST_SIDE_MM} × ${LEAST_SIDE_MM} mm`,
    );
  }
  const places = Array.from({ length: columns * rows }, (_, i) => ({
    x: sheet.margin_x_mm + (i % columns) * (width + sheet.gap_x_mm),
    y: sheet.margin_y_mm + Math.floor(i / columns) * (height + sheet.gap_y_mm),
  }));
  return { page, label: { width, height }, places };
}
