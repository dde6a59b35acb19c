import { z } from 'zod';
import { LEAST_SIDE_MM, PAGES, type PageName, SHEET_NAMES } from './sheet';
import { SYMBOL_NAMES } from './symbology';

/** Labels of one answer. */
export const MOST_LABELS = 5_000;

const LARGEST_SIDE_MM = 300;

const side = (description: string) =>
  z.coerce.number().min(LEAST_SIDE_MM).max(LARGEST_SIDE_MM).optional().meta({ description });
const millimetres = (description: string) =>
  z.coerce.number().min(0).max(100).optional().meta({ description });
const count = (most: number, description: string) =>
  z.coerce.number().int().min(1).max(most).optional().meta({ description });

const common = {
  offset: z.coerce.number().int().min(0).default(0).meta({ description: 'How many codes to pass over.' }),
  limit: count(MOST_LABELS, `How many codes. Default all of them, if there are at most ${MOST_LABELS}.`),
  symbol: z
    .enum(SYMBOL_NAMES)
    .optional()
    .meta({
      description:
        'QR code of the GS1 Digital Link (or short link), GS1 DataMatrix or GS1-128 of the element string. Default ' +
        'gs1-128 for SSCCs, else qr, which is all that short codes have.',
    }),
  width_mm: side('Width of a label. Default 50, with gs1-128 100.'),
  height_mm: side('Height of a label. Default 30, with gs1-128 50.'),
};

export const pdfQuery = z.object({
  ...common,
  layout: z
    .enum(['label', 'sheet', ...SHEET_NAMES])
    .default('label')
    .meta({
      description:
        'A label a page; a sheet that the other parameters tell of; or one as it is sold: 24 (63.5 × 33.9 mm), 21 ' +
        '(63.5 × 38.1 mm) or 8 (99.1 × 67.7 mm) labels on A4, 30 (2⅝ × 1 in) or 10 (4 × 2 in) on Letter.',
    }),
  page: z
    .enum(Object.keys(PAGES) as [PageName, ...PageName[]])
    .optional()
    .meta({ description: 'Page of the sheet. Default a4.' }),
  columns: count(20, 'Labels across the sheet.'),
  rows: count(30, 'Labels down the sheet.'),
  margin_x_mm: millimetres('Margin left and right of the sheet. Default 10.'),
  margin_y_mm: millimetres('Margin above and below. Default 10.'),
  gap_x_mm: millimetres('Between labels beside each other. Default 0.'),
  gap_y_mm: millimetres('Between labels below each other. Default 0.'),
});

/** Dots a millimetre of printers, by their dots an inch. */
export const RESOLUTIONS = { '203': 8, '300': 12, '600': 24 } as const;

export const zplQuery = z.object({
  ...common,
  dpi: z
    .enum(Object.keys(RESOLUTIONS) as [keyof typeof RESOLUTIONS])
    .default('203')
    .meta({ description: 'Dots an inch of the printer.' }),
});

export type PdfQuery = z.output<typeof pdfQuery>;
export type ZplQuery = z.output<typeof zplQuery>;
export type LabelQuery = Pick<PdfQuery, keyof typeof common>;
