import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { makeJob, open } from './codesSupport';
import { type Api, ASSET } from './support';

/** What a decoder that is none of ours reads. */
export interface Read {
  /** Symbology identifier (ISO/IEC 15424): `]d2` and `]C1` begin with FNC1. */
  symbology: string;
  content: string;
}

/** A picture of one byte a dot, 1 where it is dark. */
export interface Raster {
  width: number;
  height: number;
  dots: Uint8Array;
}

/** Gets the decoder's module ready; the package would fetch it from the network. */
export async function prepareDecoder(): Promise<void> {
  const file = readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'));
  await prepareZXingModule({
    overrides: { wasmBinary: new Uint8Array(file).buffer },
    fireImmediately: true,
  });
}

/** The symbol of a PNG. */
export async function readPng(png: Uint8Array): Promise<Read[]> {
  return inOrder(await readBarcodes(png, { tryHarder: true, maxNumberOfSymbols: 1 }));
}

/** The symbol of a label. Of bars the uppermost rows will do. */
export async function readLabel(
  { width, height, dots }: Raster,
  mostRows = Number.POSITIVE_INFINITY,
): Promise<Read[]> {
  const rows = Math.min(height, mostRows);
  return readAll({ width, height: rows, dots: dots.subarray(0, width * rows) }, 1);
}

/** Symbols of a page, line by line from the top. */
export async function readAll({ width, height, dots }: Raster, most = 255): Promise<Read[]> {
  const pixels = new Uint32Array(dots.length).fill(0xffffffff);
  for (let at = dots.indexOf(1); at !== -1; at = dots.indexOf(1, at + 1)) pixels[at] = 0xff000000;
  // ImageData, as browsers have it.
  const image = { data: new Uint8ClampedArray(pixels.buffer), width, height } as never;
  return inOrder(await readBarcodes(image, { tryHarder: true, maxNumberOfSymbols: most }));
}

function inOrder(results: Awaited<ReturnType<typeof readBarcodes>>): Read[] {
  const placed = results.map(({ position, symbologyIdentifier, bytes }) => ({
    ...position.topLeft,
    symbology: symbologyIdentifier,
    content: Buffer.from(bytes).toString(),
  }));
  const lineHeight = 20;
  placed.sort((a, b) => (Math.abs(a.y - b.y) > lineHeight ? a.y - b.y : a.x - b.x));
  return placed.map(({ symbology, content }) => ({ symbology, content }));
}

/** Why pages cannot be drawn by poppler; undefined if they can. */
export function popplerIssue(): string | undefined {
  const { status } = spawnSync('pdftoppm', ['-v'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'pdftoppm of poppler-utils is not installed';
}

/** Pages as poppler draws them, as PNG. */
export function drawPages(pdf: Buffer, dpi = 300): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-labels-'));
  try {
    writeFileSync(join(folder, 'labels.pdf'), pdf);
    const { status, stderr } = spawnSync('pdftoppm', ['-r', String(dpi), '-png', 'labels.pdf', 'page'], {
      cwd: folder,
    });
    if (status !== 0) throw new Error(`pdftoppm: ${stderr}`);
    const pages = readdirSync(folder).filter((name) => name.endsWith('.png'));
    return pages.sort().map((name) => readFileSync(join(folder, name)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Pages as this draws their filled rectangles: no more of PDF than that. */
export function rasterPages(pdf: Buffer, dotsPerMm = 20): Raster[] {
  return contentStreams(pdf).map((content) => rasterOf(filledRectangles(content), (dotsPerMm * 25.4) / 72));
}

function contentStreams(pdf: Buffer): string[] {
  const text = pdf.toString('latin1');
  const streams = [...text.matchAll(/stream\r?\n/g)].filter(
    ({ index }) => !text.startsWith('end', index - 3),
  );
  return streams.flatMap(({ 0: keyword, index }) => {
    const start = index + keyword.length;
    try {
      const content = inflateSync(pdf.subarray(start, text.indexOf('endstream', start))).toString('latin1');
      return / re\b/.test(content) ? [content] : [];
    } catch {
      return [];
    }
  });
}

type Matrix = [number, number, number, number, number, number];
/** Left, top, right, bottom. */
type Box = [number, number, number, number];

function filledRectangles(content: string): Box[] {
  const boxes: Box[] = [];
  const saved: Matrix[] = [];
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  let numbers: number[] = [];
  for (const token of content.split(/\s+/)) {
    if (/^-?[\d.]+$/.test(token)) {
      numbers.push(Number(token));
      continue;
    }
    if (token === 'q') saved.push(matrix);
    if (token === 'Q') matrix = saved.pop() as Matrix;
    if (token === 'cm') matrix = product(numbers as Matrix, matrix);
    if (token === 're') boxes.push(placed(numbers as Box, matrix));
    numbers = [];
  }
  return boxes;
}

function product([a, b, c, d, e, f]: Matrix, [A, B, C, D, E, F]: Matrix): Matrix {
  return [a * A + b * C, a * B + b * D, c * A + d * C, c * B + d * D, e * A + f * C + E, e * B + f * D + F];
}

/** A rectangle (x, y, width, height) on the page, which is upside down: pages begin at the bottom. */
function placed([x, y, width, height]: Box, [a, , , d, e, f]: Matrix): Box {
  const [ys, ye] = [-(y * d + f), -((y + height) * d + f)];
  return [x * a + e, Math.min(ys, ye), (x + width) * a + e, Math.max(ys, ye)];
}

function rasterOf(boxes: readonly Box[], scale: number): Raster {
  const margin = 40;
  const top = Math.min(...boxes.map((box) => box[1]));
  const width = Math.ceil(Math.max(...boxes.map((box) => box[2])) * scale) + margin;
  const height = Math.ceil((Math.max(...boxes.map((box) => box[3])) - top) * scale) + 2 * margin;
  const dots = new Uint8Array(width * height);
  for (const [left, upper, right, lower] of boxes) {
    const [from, until] = [Math.round(left * scale), Math.round(right * scale)];
    const last = Math.round((lower - top) * scale) + margin;
    for (let y = Math.round((upper - top) * scale) + margin; y < last; y++) {
      dots.fill(1, y * width + from, y * width + until);
    }
  }
  return { width, height, dots };
}

/** Labels of a ZPL file one by one, with what their fields say. */
export function zplLabels(zpl: string): { raster: Raster; texts: string[] }[] {
  return zpl.split('^XA').slice(1).map((label) => ({ raster: zplRaster(label), texts: zplTexts(label) })); // biome-ignore format: short
}

function zplTexts(label: string): string[] {
  return [...label.matchAll(/\^FH\^FD([^^~]*)\^FS/g)].map(([, data = '']) =>
    decodeURIComponent(data.replaceAll('%', '%25').replace(/_([0-9A-F]{2})/g, '%$1')),
  );
}

function zplRaster(label: string): Raster {
  const [, width, height] = (/\^PW(\d+)\^LL(\d+)/.exec(label) ?? []).map(Number) as [number, number, number];
  const dots = new Uint8Array(width * height);
  const [, origin, data = ''] = /\^FO(\d+,\d+)\^GFA,([^^]*)\^FS/.exec(label) ?? [];
  const [x, y] = (origin ?? '').split(',').map(Number) as [number, number];
  const [, total, rowBytes] = data.split(',', 3).map(Number) as [number, number, number];
  const bytes = graphicBytes(data.split(',').slice(3).join(','), rowBytes);
  if (bytes.length !== total) throw new Error(`the graphic has ${bytes.length} bytes, not ${total}`);
  for (const [i, byte] of bytes.entries()) {
    const column = x + (i % rowBytes) * 8;
    const row = y + Math.floor(i / rowBytes);
    for (let bit = 0; bit < 8; bit++) {
      if (((byte >> (7 - bit)) & 1) === 0) continue;
      if (column + bit >= width || row >= height) throw new Error('a dot lies outside of the label');
      dots[row * width + column + bit] = 1;
    }
  }
  return { width, height, dots };
}

/** The graphic of ^GFA, whose repeat counts are told by letters. */
function graphicBytes(data: string, rowBytes: number): Buffer {
  const rows: string[] = [];
  let row = '';
  let count = 0;
  const close = (filler: string) => {
    rows.push(row.padEnd(rowBytes * 2, filler));
    row = '';
  };
  for (const character of data) {
    const ones = 'GHIJKLMNOPQRSTUVWXY'.indexOf(character) + 1;
    const twenties = 'ghijklmnopqrstuvwxyz'.indexOf(character) + 1;
    if (ones + twenties > 0) count += ones + 20 * twenties;
    else if (character === ',') close('0');
    else if (character === '!') close('F');
    else if (character === ':') rows.push(rows.at(-1) as string);
    else {
      row += character.repeat(count || 1);
      count = 0;
    }
    if (row.length === rowBytes * 2) close('0');
  }
  return Buffer.from(rows.join(''), 'hex');
}

/** The body of a file. */
export async function fileOf(api: Api, path: string): Promise<Buffer> {
  // This process may be busy for longer than a server keeps a connection open.
  const response = await open(api, path, { headers: { connection: 'close' } });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const body = Buffer.concat(parts);
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${body}`);
  return body;
}

/** A complete job of each type, by its name. */
export async function makeJobs(api: Api, quantity: number): Promise<Record<string, string>> {
  const domainName = 'go.example.com';
  const { body } = await api.post('/items/domain', { domain_name: domainName });
  const short = { domainId: body.data.id, domainName, linkHost: domainName, product: null };
  return {
    sgtin: await makeJob(api, { quantity, length: 12 }),
    numeric: await makeJob(api, { quantity, characterSet: 'numeric', length: 20 }),
    grai: await makeJob(api, { type: 'grai', product: ASSET, quantity, length: 16 }),
    sscc: await makeJob(api, {
      type: 'sscc',
      product: null,
      ssccCompanyPrefix: '0614141',
      ssccExtensionDigit: 3,
      quantity,
    }),
    short_code: await makeJob(api, { type: 'short_code', ...short, quantity }),
  };
}
