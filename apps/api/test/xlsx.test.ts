import { deleteJobs, removeChunks } from '@codemint/db';
import { CSET_82 } from '@codemint/shared';
import { readSheet } from 'read-excel-file/node';
import { escapeText } from '../src/codes/columns/xlsx';
import { importJob, importSome, LARGE, makeJob, open, storedCodes, TWO_KEYS } from './codesSupport';
import { addExamples, EXAMPLE, fileOf, jobOf, raw } from './columnsSupport';
import { type Api, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  await addExamples(api);
});
afterAll(() => api.close());

const CONTENT_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

async function sheetOf(path: string): Promise<unknown[][]> {
  const { status, headers, body } = await raw(api, path);
  expect([status, headers['content-type']]).toEqual([200, CONTENT_TYPE]);
  return readSheet(body, 1);
}

test('a sheet has the codes as text, leading zeros and long digits too', async () => {
  const id = await jobOf(api, 'sscc', { ssccExtensionDigit: 0, quantity: 250, referenceId: 'Pallets' });
  const codes = await storedCodes(api, id);
  expect(await sheetOf(fileOf(id, 'xlsx'))).toEqual([
    ['code', 'digital_link'],
    ...codes.map((code) => [code, `https://id.gs1.org/00/${code}`]),
  ]);
  expect(await sheetOf(fileOf(id, 'xlsx', 'columns=sequence,sscc'))).toEqual([
    ['sequence', 'sscc'],
    ...codes.map((code, i) => [String(i + 1), code]),
  ]);
});

test('the file is compressed in itself and named as the job is', async () => {
  const id = await jobOf(api, 'sgtin', { referenceId: 'Cases', quantity: 300 });
  const gzip = { 'accept-encoding': 'gzip' };
  const got = await raw(api, fileOf(id, 'xlsx'), 'GET', gzip);
  const head = await raw(api, fileOf(id, 'xlsx'), 'HEAD', gzip);
  expect(got.headers['content-encoding']).toBeUndefined();
  expect(got.headers['content-disposition']).toBe('attachment; filename="Cases.xlsx"');
  expect(got.body.length).toBeLessThan(300 * 60);
  expect([head.body.length, head.headers.etag]).toEqual([0, got.headers.etag]);
  const again = await raw(api, fileOf(id, 'xlsx'));
  expect(again.body.equals(got.body)).toBe(true);
});

test('characters of XML and its escapes come out as they were', async () => {
  const id = '00000000-0000-4000-8000-000000000301';
  const codes = [...(CSET_82.match(/.{1,20}/g) as string[]), '=1+1', '-2', '007', 'a_xb_', '<&>'];
  await importJob(api, { id, product: EXAMPLE });
  await importSome(
    api,
    codes.map((code, i) => ({
      product: EXAMPLE,
      code,
      identifier_job: id,
      id: `00000000-0000-4000-9000-0000000003${String(i).padStart(2, '0')}`,
    })),
  );
  const [, ...rows] = await sheetOf(fileOf(id, 'xlsx', 'columns=code,element_string'));
  expect(rows).toEqual(codes.map((code) => [code, `(01)80614141123458(21)${code}`]));
});

test('what looks like an escape of a character is escaped itself', () => {
  expect(escapeText('_x0041_')).toBe('_x005F_x0041_');
  expect(escapeText('_x0041_x0042_')).toBe('_x005F_x0041_x005F_x0042_');
  expect(escapeText('_x004_ _X0041_ x0041_ _\u0001\uffff')).toBe('_x004_ _X0041_ x0041_ _\ufffd\ufffd');
});

test('many codes with all characters of a set', async () => {
  const wanted = { characterSet: 'GS1-64w', length: 20, quantity: 30_000 };
  const id = await jobOf(api, 'sgtin', wanted);
  const [, ...rows] = await sheetOf(fileOf(id, 'xlsx', 'columns=code'));
  expect(rows.map(([code]) => code)).toEqual(await storedCodes(api, id));
}, 60_000);

test('more codes than a sheet has rows are refused', async () => {
  const id = await jobOf(api, 'sgtin', { quantity: 5 });
  await api.database.pool.query(
    `UPDATE batch SET quantity = 1048576, quantity_created = 1048576
      WHERE id = (SELECT batch_id FROM identifier_job WHERE id = $1)`,
    [id],
  );
  const answer = await api.get(fileOf(id, 'xlsx'));
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].message).toBe(
    'Invalid query. "xlsx" has at most 1048575 codes, the rows of a sheet, and these are 1048576: "csv" has any number.',
  );
  expect((await raw(api, fileOf(id, 'csv'), 'HEAD')).status).toBe(200);
});

test('a job that is deleted breaks the connection', async () => {
  const id = await makeJob(api, { product: EXAMPLE, quantity: 400_000, length: 20 }, { sizes: LARGE });
  const response = await open(api, fileOf(id, 'xlsx', 'columns=code,epc_hex'));
  await new Promise((resolve) => response.once('readable', resolve));
  for (const batch of await deleteJobs(api.database, [id])) await removeChunks(api.database.pool, batch);
  const ending = new Promise((resolve) => response.once('error', resolve).once('end', () => resolve('end')));
  response.resume();
  expect(await ending).toMatchObject({ code: 'ECONNRESET' });
}, 60_000);

test('a caller who goes away ends the reading', async () => {
  const id = await jobOf(api, 'sgtin', { quantity: 60_000, length: 20 });
  const aborted = new AbortController();
  const response = await fetch(api.url + fileOf(id, 'xlsx'), {
    headers: { authorization: `Bearer ${api.tokens.operator}` },
    signal: aborted.signal,
  });
  await response.body?.getReader().read();
  aborted.abort();
  expect((await raw(api, fileOf(id, 'txt'))).body).toHaveLength(60_000 * 21);
}, 60_000);
