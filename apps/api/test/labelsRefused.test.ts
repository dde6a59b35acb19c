import { acceptJob, makeJob, TWO_KEYS } from './codesSupport';
import { fileOf, makeJobs } from './labelsSupport';
import { type Api, type As, codes as errorCodes, startApi } from './support';

let api: Api;
let jobs: Record<string, string>;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  jobs = await makeJobs(api, 4);
});
afterAll(() => api.close());

const path = (job: string, file: string) => `/items/identifier_job/${jobs[job]}/${file}`;

describe('bad parameters', () => {
  it.each([
    ['sgtin', 'labels.pdf?symbol=aztec', /symbol/],
    ['sgtin', 'labels.pdf?symbol=qr&symbol=qr', /symbol/],
    ['sgtin', 'labels.pdf?limit=0', /limit/],
    ['sgtin', 'labels.pdf?limit=5001', /5000.*limit|limit.*5000/],
    ['sgtin', 'labels.zpl?limit=x', /limit/],
    ['sgtin', 'labels.zpl?offset=-1', /offset/],
    ['sgtin', 'labels.zpl?offset=1.5', /offset/],
    ['sgtin', 'labels.zpl?offset=4', /no codes from "offset" 4 on/],
    ['sgtin', 'labels.zpl?dpi=150', /dpi/],
    ['sgtin', 'labels.pdf?width_mm=9', /width_mm/],
    ['sgtin', 'labels.pdf?height_mm=301', /height_mm/],
    ['sgtin', 'labels.pdf?width_mm=10&height_mm=10', /too small: the qr symbol alone takes 10.25 × 10.25 mm/],
    ['sgtin', 'labels.zpl?symbol=gs1-128&width_mm=30', /too small: the gs1-128 symbol alone takes .* × 5 mm/],
    ['sgtin', 'labels.pdf?layout=round', /layout/],
    ['sgtin', 'labels.pdf?layout=sheet', /"layout=sheet" needs "columns" and "rows"/],
    ['sgtin', 'labels.pdf?layout=sheet&columns=3', /"layout=sheet" needs "columns" and "rows"/],
    ['sgtin', 'labels.pdf?layout=sheet&columns=20&rows=3', /smaller than 10 × 10 mm/],
    ['sgtin', 'labels.pdf?layout=sheet&columns=2&rows=3&gap_x_mm=-1', /gap_x_mm/],
    ['sgtin', 'labels.pdf?layout=sheet&columns=2&rows=3&page=a3', /page/],
    ['sgtin', 'labels.pdf?layout=a4-3x8&columns=2', /"columns" does not go with "layout=a4-3x8"/],
    ['sgtin', 'labels.pdf?layout=a4-3x8&width_mm=50', /"width_mm" is of "layout=label" alone/],
    ['sgtin', 'labels.pdf?rows=3', /"rows" is of "layout=sheet" alone/],
    [
      'short_code',
      'labels.pdf?symbol=datamatrix',
      /must be "qr" for short codes: they have no GS1 element string/,
    ],
    ['short_code', 'labels.zpl?symbol=gs1-128', /must be "qr" for short codes/],
  ] as const)('%s: %s', async (job, file, message) => {
    const answer = await api.get(path(job, file));
    expect([answer.status, errorCodes(answer)]).toEqual([400, ['INVALID_QUERY']]);
    expect(answer.body.errors[0].message).toMatch(message);
  });
});

describe('who may have them', () => {
  it.each([
    ['reader', 200],
    ['admin', 200],
    ['stranger', 403],
    ['nobody', 403],
  ] as const)('%s: %d', async (as: As, status) => {
    const { body } = await api.post('/items/code_reservation', {
      product: '/01/09312345551927',
      quantity: 1,
    });
    const reservation = `/items/code_reservation/${body.data.id}`;
    for (const format of ['pdf', 'zpl']) {
      expect((await api.get(path('sgtin', `labels.${format}`), as)).status).toBe(status);
      expect((await api.get(`${reservation}/labels.${format}`, as)).status).toBe(status);
    }
  });

  it.each(['identifier_job', 'code_reservation'])('no %s of that id', async (collection) => {
    for (const id of ['00000000-0000-4000-8000-000000000000', 'none']) {
      expect((await api.get(`/items/${collection}/${id}/labels.pdf`)).status).toBe(403);
    }
  });
});

it('a job that is not complete is a conflict', async () => {
  const { id } = await acceptJob(api, { quantity: 5 });
  const answer = await api.get(`/items/identifier_job/${id}/labels.pdf`);
  expect(answer.status).toBe(409);
  expect(answer.body.errors[0].extensions).toEqual({
    status: 'new',
    created: 0,
    quantity: 5,
    code: 'JOB_NOT_COMPLETE',
  });
});

it('more than 5,000 codes come in parts', async () => {
  const job = await makeJob(
    api,
    { quantity: 5_001, length: 10 },
    { sizes: { slice: 100_000, chunk: 10_000 } },
  );
  const answer = await api.get(`/items/identifier_job/${job}/labels.zpl`);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].message).toMatch(
    /more than 5000 codes from "offset" 0 on: .*"limit" of at most 5000/,
  );
  const rest = await fileOf(api, `/items/identifier_job/${job}/labels.zpl?offset=4999`);
  expect(rest.toString().match(/\^XA/g)).toHaveLength(2);
});

it('HEAD tells what GET would', async () => {
  const { status, headers, text } = await api.request('HEAD', path('sgtin', 'labels.pdf'));
  expect([status, text, headers.get('content-type')]).toEqual([200, '', 'application/pdf']);
});
