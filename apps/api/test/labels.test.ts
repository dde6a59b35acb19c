import { importJob, importSome, storedCodes, TWO_KEYS } from './codesSupport';
import {
  drawPages,
  fileOf,
  makeJobs,
  popplerIssue,
  prepareDecoder,
  type Read,
  rasterPages,
  readAll,
  readLabel,
  readPng,
  zplLabels,
} from './labelsSupport';
import { type Api, ASSET, PRODUCT, startApi } from './support';

const FORMER = 'f0000000-0000-4000-8000-0000000000f1';
const QUANTITY = 8;
/** What people can write by hand, of CSET 82; in the order of the ids that the import gives them. */
const SUPPLIED = ['a(21)b', '%20', '(00)"&/', "+;'*<=>?", 'A'.repeat(20), '_', '!', '0'];

let api: Api;
let jobs: Record<string, string>;
beforeAll(async () => {
  await prepareDecoder();
  api = await startApi({ settings: TWO_KEYS });
  // Before there is a domain, which links would be on.
  await importJob(api, { id: FORMER });
  await importSome(
    api,
    SUPPLIED.map((code, i) => {
      const id = `c0de0000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      return { product: PRODUCT, identifier_job: FORMER, code, id };
    }),
  );
  jobs = { ...(await makeJobs(api, QUANTITY)), supplied: FORMER };
});
afterAll(() => api.close());

const path = (job: string, file: string) => `/items/identifier_job/${jobs[job]}/${file}`;

async function codesOf(job: string): Promise<string[]> {
  return job === 'supplied' ? SUPPLIED : storedCodes(api, jobs[job] as string);
}

/** What the standards say that each symbol holds. */
const CONTENTS: Record<string, Record<string, (code: string) => Read>> = {
  sgtin: {
    qr: (code) => ({ symbology: ']Q1', content: `https://id.gs1.org/01/09312345551927/21/${percent(code)}` }),
    datamatrix: (code) => ({ symbology: ']d2', content: `010931234555192721${code}` }),
    'gs1-128': (code) => ({ symbology: ']C1', content: `010931234555192721${code}` }),
  },
  grai: {
    qr: (code) => ({ symbology: ']Q1', content: `https://id.gs1.org${ASSET}${percent(code)}` }),
    datamatrix: (code) => ({ symbology: ']d2', content: `800309312345551927${code}` }),
    'gs1-128': (code) => ({ symbology: ']C1', content: `800309312345551927${code}` }),
  },
  sscc: {
    qr: (code) => ({ symbology: ']Q1', content: `https://id.gs1.org/00/${code}` }),
    datamatrix: (code) => ({ symbology: ']d2', content: `00${code}` }),
    'gs1-128': (code) => ({ symbology: ']C1', content: `00${code}` }),
  },
  short_code: { qr: (code) => ({ symbology: ']Q1', content: `https://go.example.com/${code}` }) },
};
CONTENTS.numeric = CONTENTS.sgtin as (typeof CONTENTS)[string];
CONTENTS.supplied = CONTENTS.numeric;

function percent(code: string): string {
  return [...Buffer.from(code)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase()}`;
    })
    .join('');
}

const CASES = Object.entries(CONTENTS).flatMap(([job, symbols]) =>
  Object.keys(symbols).map((symbol) => [job, symbol] as const),
);

async function expected(job: string, symbol: string): Promise<Read[]> {
  const codes = await codesOf(job);
  const symbols = CONTENTS[job] as (typeof CONTENTS)[string];
  return codes.map(symbols[symbol] as (code: string) => Read);
}

/** Of bars a few will do. */
const rowsOf = (symbol: string) => (symbol === 'gs1-128' ? 100 : undefined);

/** Room enough for a GS1-128 of a serial of 20 letters. */
const size = (symbol: string) => (symbol === 'gs1-128' ? '&width_mm=150' : '');

describe('symbols hold the link or the element string of each code, in order', () => {
  it.each(CASES)('PDF: %s as %s', async (job, symbol) => {
    const pdf = await fileOf(api, path(job, `labels.pdf?symbol=${symbol}${size(symbol)}`));
    const read = await Promise.all(rasterPages(pdf).map((page) => readLabel(page, rowsOf(symbol))));
    expect(read.flat()).toEqual(await expected(job, symbol));
  });

  it.each(CASES)('ZPL: %s as %s', async (job, symbol) => {
    for (const [dpi, count] of [
      [203, QUANTITY],
      [300, 2],
      [600, 1],
    ] as const) {
      // biome-ignore format: a list
      const query = `symbol=${symbol}${size(symbol)}&dpi=${dpi}&limit=${count}`;
      const zpl = (await fileOf(api, path(job, `labels.zpl?${query}`))).toString();
      const read = await Promise.all(zplLabels(zpl).map(({ raster }) => readLabel(raster, rowsOf(symbol))));
      expect(read.flat()).toEqual((await expected(job, symbol)).slice(0, count));
    }
  });

  const issue = popplerIssue();
  (issue === undefined ? it : it.skip).each(CASES)(
    `PDF as poppler draws it: %s as %s${issue === undefined ? '' : ` (${issue})`}`,
    async (job, symbol) => {
      const pdf = await fileOf(api, path(job, `labels.pdf?symbol=${symbol}${size(symbol)}&limit=4`));
      const read = await Promise.all(drawPages(pdf).map(readPng));
      expect(read.flat()).toEqual((await expected(job, symbol)).slice(0, 4));
    },
  );

  it.each(['a4-3x8', 'a4-3x7', 'a4-2x4', 'letter-3x10', 'letter-2x5', 'sheet&columns=3&rows=2&page=letter'])(
    'layout=%s fills its pages line by line',
    async (layout) => {
      const pdf = await fileOf(api, path('sgtin', `labels.pdf?layout=${layout}&symbol=datamatrix`));
      const read = await Promise.all(rasterPages(pdf, 10).map((page) => readAll(page)));
      expect(read.flat()).toEqual(await expected('sgtin', 'datamatrix'));
    },
  );

  it('SSCCs are GS1-128 and all others QR codes unless something else is asked for', async () => {
    for (const [job, symbol] of [
      ['sscc', 'gs1-128'],
      ['grai', 'qr'],
      ['short_code', 'qr'],
    ] as const) {
      // biome-ignore format: a list
      const pdf = await fileOf(api, path(job, 'labels.pdf'));
      const read = await Promise.all(rasterPages(pdf).map((page) => readLabel(page, rowsOf(symbol))));
      expect(read.flat()).toEqual(await expected(job, symbol));
    }
  });
});

describe('the smallest label', () => {
  it.each([
    ['sgtin', 'qr'],
    ['numeric', 'qr'],
    ['grai', 'datamatrix'],
    ['supplied', 'datamatrix'],
    ['sscc', 'datamatrix'],
    ['sscc', 'gs1-128'],
  ] as const)('of %s as %s can be read', async (job, symbol) => {
    const width = symbol === 'gs1-128' ? 46 : await smallestWidth(job, symbol);
    const side = `width_mm=${width}&height_mm=${symbol === 'gs1-128' ? 12 : width}`;
    const pdf = await fileOf(api, path(job, `labels.pdf?symbol=${symbol}&${side}`));
    const zpl = await fileOf(api, path(job, `labels.zpl?symbol=${symbol}&${side}&dpi=203`));
    const wanted = await expected(job, symbol);
    expect((await Promise.all(rasterPages(pdf, 40).map((page) => readLabel(page)))).flat()).toEqual(wanted);
    const printed = await Promise.all(zplLabels(zpl.toString()).map(({ raster }) => readLabel(raster)));
    expect(printed.flat()).toEqual(wanted);
  });

  /** In whole millimetres, of labels as high as they are wide. */
  async function smallestWidth(job: string, symbol: string): Promise<number> {
    for (let width = 10; width < 40; width++) {
      const query = `symbol=${symbol}&width_mm=${width}&height_mm=${width}&dpi=203`;
      const { status } = await api.get(path(job, `labels.zpl?${query}`));
      if (status === 200) return width;
    }
    throw new Error('no label is large enough');
  }
});

describe('part of the codes', () => {
  it('is told by offset and limit', async () => {
    const zpl = (await fileOf(api, path('sgtin', 'labels.zpl?offset=3&limit=5'))).toString();
    const read = await Promise.all(zplLabels(zpl).map(({ raster }) => readLabel(raster)));
    expect(read.flat()).toEqual((await expected('sgtin', 'qr')).slice(3, 8));
  });

  it('is what a reservation took', async () => {
    const { body } = await api.post('/items/code_reservation', {
      product: PRODUCT,
      character_set: 'alphanumeric',
      length: 12,
      quantity: 5,
      purchase_order: 'PO/4711',
    });
    const { id } = body.data;
    const listed = await api.get(`/items/unique_code?fields=digital_link&filter[reservation][_eq]=${id}`);
    const links = listed.body.data.map(({ digital_link }: { digital_link: string }) => digital_link);
    expect(links).toHaveLength(5);
    const base = `/items/code_reservation/${id}`;
    const zpl = zplLabels((await fileOf(api, `${base}/labels.zpl`)).toString());
    const pdf = rasterPages(await fileOf(api, `${base}/labels.pdf`));
    for (const rasters of [zpl.map(({ raster }) => raster), pdf]) {
      const read = (await Promise.all(rasters.map((raster) => readLabel(raster)))).flat();
      expect(read.map(({ content }) => content)).toEqual(links);
    }
    const { headers } = await api.get(`${base}/labels.pdf`);
    expect(headers.get('content-disposition')).toBe('attachment; filename="PO_4711.pdf"');
  });
});
