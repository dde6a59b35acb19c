import { spawnSync } from 'node:child_process';
import { ready } from 'zpl-renderer-js';
import { makeJob, storedCodes, TWO_KEYS } from './codesSupport';
import {
  drawPages,
  fileOf,
  popplerIssue,
  prepareDecoder,
  rasterPages,
  readLabel,
  readPng,
  zplLabels,
} from './labelsSupport';
import { type Api, PRODUCT, startApi } from './support';

let api: Api;
let job: string;
let codes: string[];
beforeAll(async () => {
  await prepareDecoder();
  api = await startApi({ settings: TWO_KEYS });
  job = await makeJob(api, { quantity: 2, length: 12, referenceId: 'Lauf "7"/ü' });
  codes = await storedCodes(api, job);
});
afterAll(() => api.close());

const links = () => codes.map((code) => `https://id.gs1.org${PRODUCT}/21/${code}`);
const required = () => codes.map((code) => ['(01)09312345551927', `(21)${code}`]);

async function named(name: string | null): Promise<void> {
  await api.request('PATCH', `/items/product/${encodeURIComponent(PRODUCT)}`, {
    body: { product_name: name },
  });
}

const NAMES: [string, string | null, string[]][] = [
  ['none', null, []],
  ['plain', 'Juice', ['Juice']],
  ['of white space', ' \n\t ', []],
  ['with brackets, a backslash and line breaks', 'a)(\\) Tj\r\nET\u2028x', ['a)(\\) Tj ET x']],
  ['with commands of a printer', '^XZ~JA^FD_5E^FS', ['^XZ~JA^FD_5E^FS']],
  ['with other scripts', 'Größe Ωμέγα Сок', ['Größe Ωμέγα Сок']],
  ['with what cannot be seen', 'a\u0001b\u200bc\u202Ed\uFEFF', ['a b c d']],
  ['too long for the label', 'word '.repeat(50), []],
  ['with characters beyond the first plane', '果汁 🍏', ['果汁 🍏']],
]; // biome-ignore format: one a line

describe.each(NAMES)('a name %s', (_, name, lines) => {
  beforeAll(() => named(name));

  it('stands in the ZPL as it is, and breaks nothing', async () => {
    const file = (await fileOf(api, `/items/identifier_job/${job}/labels.zpl?width_mm=60`)).toString();
    expect(file).toMatch(/^[\n\x20-\x7e]*$/);
    const labels = zplLabels(file);
    expect(labels.map(({ texts }) => texts)).toEqual(required().map((some) => [...some, ...lines]));
    const read = await Promise.all(labels.map(({ raster }) => readLabel(raster)));
    expect(read.flat().map(({ content }) => content)).toEqual(links());
    const { api: renderer } = await ready;
    const drawn = await renderer.zplToBase64MultipleAsync(file, 60, 30, 8);
    const printed = await Promise.all(drawn.map((png) => readPng(Buffer.from(png, 'base64'))));
    expect(printed.flat().map(({ content }) => content)).toEqual(links());
  });

  it('breaks no PDF', async () => {
    const pdf = await fileOf(api, `/items/identifier_job/${job}/labels.pdf?width_mm=60`);
    const read = await Promise.all(rasterPages(pdf).map((page) => readLabel(page)));
    expect(read.flat().map(({ content }) => content)).toEqual(links());
    if (popplerIssue() !== undefined) return;
    expect(drawPages(pdf)).toHaveLength(codes.length);
    const text = textOf(pdf).split('\f').slice(0, -1);
    const isDrawn = !/[\u{3000}-\u{1ffff}]/u.test(name ?? '');
    if (isDrawn) expect(text.map(linesIn)).toEqual(required().map((some) => [...some, ...lines]));
  });
});

function linesIn(page: string): string[] {
  return page.split('\n').filter((line) => line !== '');
}

function textOf(pdf: Buffer): string {
  return spawnSync('pdftotext', ['-layout', '-', '-'], { input: pdf }).stdout.toString().replace(/^ +/gm, '');
}

it('lines are broken where a label is narrow, and none is lost', async () => {
  await named('Juice');
  const query = 'symbol=datamatrix&width_mm=10&height_mm=20';
  const labels = zplLabels(
    (await fileOf(api, `/items/identifier_job/${job}/labels.zpl?${query}`)).toString(),
  );
  const texts = labels.map(({ texts }) => texts.filter((text) => text !== 'Juice').join(''));
  expect(texts).toEqual(required().map((some) => some.join('')));
});

it('files are named after the reference of the job', async () => {
  for (const format of ['pdf', 'zpl']) {
    const { headers } = await api.get(`/items/identifier_job/${job}/labels.${format}`);
    const name = `Lauf _7__ü.${format}`;
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="Lauf _7___.${format}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    );
    expect(headers.get('content-type')).toBe(`application/${format}`);
  }
});
