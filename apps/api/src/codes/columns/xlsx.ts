import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { CodeFormat } from './codeFormat';
import { DEFAULT_COLUMNS } from './names';

/** Rows of a sheet, without the header. */
const MOST_ROWS = 1_048_575;

/** All cells have the style 1, text: neither reading nor editing makes a number of a code. */
const cell = (place: string, text: string) =>
  `<c r="${place}" t="inlineStr" s="1"><is><t xml:space="preserve">${text}</t></is></c>`;

const COLUMNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const row = (number: string, texts: readonly string[]) =>
  `<row r="${number}">${texts.map((text, i) => cell(`${COLUMNS[i]}${number}`, text)).join('')}</row>`;

/** No text of a cell can have it. */
const NUMBER_MARK = '\u0001';

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const SHEET_ML = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const TAIL = '</sheetData></worksheet>';

const SHEET_PATH = 'xl/worksheets/sheet1.xml';

/** The parts of a workbook (ECMA-376) besides its one sheet. */
const FRAME: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${SHEET_ML}.sheet.main+xml"/><Override PartName="/${SHEET_PATH}" ContentType="${SHEET_ML}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${SHEET_ML}.styles+xml"/></Types>`,
  '_rels/.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="codes" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  'xl/styles.xml': `${XML}<styleSheet xmlns="${MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
};

/** A workbook for Excel and the like, with one sheet and a header. */
export const XLSX = {
  name: 'xlsx',
  description: `a sheet of text cells, with \`code\` and \`digital_link\` unless columns are asked for; at most ${MOST_ROWS} codes`,
  contentType: `${SHEET_ML}.sheet`,
  extension: 'xlsx',
  columns: DEFAULT_COLUMNS,
  mostRows: MOST_ROWS,
  open(columns = DEFAULT_COLUMNS) {
    const head = `${XML}<worksheet xmlns="${MAIN}"><sheetData>${row('1', columns)}`;
    return {
      rows: {
        head,
        separator: '',
        tail: TAIL,
        empty: head + TAIL,
        isVerbatim: true,
        row: (item) =>
          row(
            NUMBER_MARK,
            Object.values(item as object).map((value) => escapeText(String(value))),
          ),
      },
      numbers: { mark: NUMBER_MARK, first: 2 },
    };
  },
  unsafe: '_x',
  pack,
} as const satisfies CodeFormat;

/**
 * Text of a cell: characters that XML 1.0 cannot have become U+FFFD; `_x005F_` stands for a `_` that would begin an
 * escape of this kind itself (ECMA-376, part 1, section 22.9.2.19).
 */
export function escapeText(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** The same for all files: what is in them tells their time. */
const OPTIONS = { mtime: new Date(2000, 0, 1), compressionLevel: 1 };

/** Codes hardly compress, the text around them does at any level. */
async function* pack(sheet: AsyncGenerator<Buffer | string>): AsyncGenerator<Buffer> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  const source = Readable.from(sheet, { objectMode: false });
  source.on('error', (error) => output.destroy(error));
  for (const [path, text] of Object.entries(FRAME)) zip.addBuffer(Buffer.from(text), path, OPTIONS);
  zip.addReadStream(source, SHEET_PATH, OPTIONS);
  zip.end();
  try {
    yield* output as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
  }
}
