import PDFDocument from 'pdfkit';
import type { Design } from './design';
import type { DrawnLabel } from './drawnLabels';
import type { Layout } from './sheet';
import type { Bitmap } from './symbology';

const POINTS_PER_MM = 72 / 25.4;

/** Fixed pitch: a letter cannot be taken for another one, and a line is as wide as its number of characters says. */
const FONT = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf');

/** Labels as a PDF of vectors, page by page. */
export async function* pdfParts(
  { page, places }: Layout,
  design: Design,
  labels: AsyncGenerator<DrawnLabel>,
): AsyncGenerator<Buffer> {
  const document = new PDFDocument({ autoFirstPage: false, font: FONT });
  const size: [number, number] = [page.width * POINTS_PER_MM, page.height * POINTS_PER_MM];
  let number = 0;
  for await (const label of labels) {
    const place = places[number++ % places.length] as Layout['places'][number];
    if (place === places[0]) document.addPage({ size, margin: 0 });
    drawLabel(document, place, design, label);
    const part: Buffer | null = document.read();
    if (part !== null) yield part;
  }
  document.end();
  yield* document as unknown as AsyncIterable<Buffer>;
}

function drawLabel(
  document: PDFKit.PDFDocument,
  place: { x: number; y: number },
  { module, symbol, quietZone, text }: Design,
  { bitmap, lines }: DrawnLabel,
): void {
  document.save().scale(POINTS_PER_MM).translate(place.x, place.y);
  const rowHeight = bitmap.rows === 1 ? symbol.height : module;
  document
    .save()
    .translate(symbol.x + quietZone.across * module, symbol.y + quietZone.down * module)
    .transform(module, 0, 0, rowHeight, 0, 0)
    // Of one path, so that no light shows between the rectangles.
    .addContent(rectangles(bitmap))
    .restore();
  document.fontSize(text.size);
  for (const [i, line] of lines.entries()) {
    document.text(line, text.x, text.y + i * text.lineHeight, { lineBreak: false });
  }
  document.restore();
}

/** Path operators that fill the dark modules: runs of a row, as far down as rows have the same run. */
function rectangles({ columns, rows, modules }: Bitmap): string {
  let path = '';
  let open = new Map<string, number>();
  for (let row = 0; row <= rows; row++) {
    const runs = row < rows ? runsOf(modules.subarray(row * columns, (row + 1) * columns)) : [];
    const next = new Map(runs.map((run) => [run, open.get(run) ?? row]));
    for (const [run, first] of open) {
      if (next.get(run) === first) continue;
      const [from, width] = run.split(' ');
      path += `${from} ${first} ${width} ${row - first} re `;
    }
    open = next;
  }
  return `${path}f`;
}

/** Start and length of each dark run. */
function runsOf(row: Uint8Array): string[] {
  const runs: string[] = [];
  for (let from = row.indexOf(1); from !== -1; ) {
    const light = row.indexOf(0, from);
    const end = light === -1 ? row.length : light;
    runs.push(`${from} ${end - from}`);
    from = row.indexOf(1, end);
  }
  return runs;
}
