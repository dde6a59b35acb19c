import { fitsNumericSerial } from '@codemint/shared';
import { makeJob, storedCodes, TWO_KEYS } from './codesSupport';
import { type Api, ASSET, PRODUCT, startApi, unchanged, wrongFields } from './support';

const JOBS = '/items/identifier_job';
const SGTIN_96 = { product: PRODUCT, quantity: 10, epc: 'sgtin-96' };

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
});
afterAll(() => api.close());

const refused = (body: object) =>
  unchanged(api, ['identifier_job', 'batch', 'pool', 'namespace'], () => api.post(JOBS, body));

test('a job for SGTIN-96 is numeric and of 12 digits unless it says otherwise', async () => {
  const { status, body } = await api.post(`${JOBS}?fields=*,epc`, SGTIN_96);
  expect(status).toBe(200);
  expect(body.data).toMatchObject({ epc: 'sgtin-96', type: 'sgtin', character_set: 'numeric', length: 12 });
  const own = { ...SGTIN_96, length: '7', character_set: 'NUMERIC' };
  const shorter = await api.post(`${JOBS}?fields=epc,length,character_set`, own);
  expect(shorter.body.data).toEqual({ epc: 'sgtin-96', length: 7, character_set: 'numeric' });
  const other = await api.post(`${JOBS}?fields=epc,length,character_set`, { ...SGTIN_96, epc: null });
  expect(other.body.data).toEqual({ epc: null, length: 8, character_set: 'alphanumeric' });
});

test('it is answered where it is asked for, and never in a plain read', async () => {
  const { data } = (await api.post(JOBS, SGTIN_96)).body;
  expect(Object.keys(data)).toHaveLength(19);
  expect(data).not.toHaveProperty('epc');
  const path = `${JOBS}/${data.id}`;
  expect((await api.get(path)).body.data).toEqual(data);
  expect((await api.get(`${path}?fields=id,epc`)).body.data).toEqual({ id: data.id, epc: 'sgtin-96' });
  const found = await api.get(`${JOBS}?filter[epc][_eq]=sgtin-96&filter[id][_eq]=${data.id}&fields=id`);
  expect(found.body.data).toEqual([{ id: data.id }]);
  const none = await api.get(`${JOBS}?filter[epc][_null]=true&filter[id][_eq]=${data.id}`);
  expect(none.body.data).toEqual([]);
});

test('it cannot change', async () => {
  const { id } = (await api.post(JOBS, SGTIN_96)).body.data;
  const patch = (body: object) => api.request('PATCH', `${JOBS}/${id}`, { body });
  expect((await patch({ epc: 'sgtin-96', reference_id: 'x' })).status).toBe(200);
  const answer = await unchanged(api, ['identifier_job'], () => patch({ epc: null }));
  expect([answer.status, wrongFields(answer)]).toEqual([400, ['epc']]);
});

test.each<[object, string[], string]>([
  [{ epc: 'sgtin-198' }, ['epc'], 'one of "sgtin-96"'],
  [
    { epc: 'sgtin-96', character_set: 'alphanumeric' },
    ['character_set'],
    'Value has to be "numeric": SGTIN-96',
  ],
  [
    { epc: 'sgtin-96', length: 13 },
    ['length'],
    'less than or equal to "12". SGTIN-96 holds serials of digits',
  ],
  [{ epc: 'sgtin-96', length: 5 }, ['length'], 'greater than or equal to "6"'],
  [{ epc: 'sgtin-96', length: 6, quantity: 900_001 }, ['quantity'], 'Length 7 '],
  [{ epc: 'sgtin-96', type: 'grai', product: ASSET }, ['epc'], 'type "sgtin"'],
  [{ epc: 'sgtin-96', type: 'sscc', sscc_company_prefix: '931234' }, ['epc'], 'type "sgtin"'],
])('%j is refused', async (fields, wrong, reason) => {
  const answer = await refused({ product: PRODUCT, quantity: 10, ...fields });
  expect([answer.status, wrongFields(answer)]).toEqual([400, wrong]);
  expect(answer.body.errors[0].message).toContain(reason);
});

test('its codes fit, and a filter by them finds them', async () => {
  const wanted = { epc: 'sgtin-96', characterSet: 'numeric', length: 12, quantity: 300 } as const;
  const id = await makeJob(api, wanted);
  const codes = await storedCodes(api, id);
  expect(codes).toHaveLength(300);
  expect(codes.every(fitsNumericSerial)).toBe(true);
  const { body } = await api.get(
    `/items/unique_code?filter[code][_eq]=${codes[42]}&fields=code,identifier_job.epc`,
  );
  expect(body.data).toEqual([{ code: codes[42], identifier_job: { epc: 'sgtin-96' } }]);
});
