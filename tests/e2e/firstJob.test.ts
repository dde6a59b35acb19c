import { ApiClient, type Job } from '../support/apiClient';
import { ALL_BACKENDS, type Backend, describeBackends } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { type Stack, startApps } from '../support/stack';

/** The request body of the documentation, to the letter. */
const DOCUMENTED_BODY = `{
"length": 8,
"quantity": 100,
"account": "f1b2c3d4-e5f6-7890-1234-567890abcdef",
"reference_id": "BATCH-SGTIN-2024",
"type": "sgtin",
"product": "/01/09312345551927",
"character_set": "alphanumeric"
}`;

interface UniqueCode {
  id: string;
  code: string;
  digital_link: string;
  epc_join_key: string;
  identifier_job: string;
}

describeBackends('the documented job', ALL_BACKENDS, (start) => {
  let backend: Backend;
  let stack: Stack;
  let api: ApiClient;
  let answered: Job;
  let job: Job;
  let listed: UniqueCode[];
  beforeAll(async () => {
    backend = await start();
    stack = await startApps(backend);
    api = new ApiClient(stack.url, stack.adminToken);
    await api.addProduct('09312345551927');
    answered = await api.post(DOCUMENTED_BODY);
    job = await api.untilComplete(answered.id);
    listed = await api.data('GET', `/items/unique_code?filter[identifier_job][_eq]=${job.id}&limit=-1`);
  });
  afterAll(async () => {
    await stack?.stop();
    await backend?.stop();
  });

  const download = async (format: string) => {
    const response = await api.request(`/items/identifier_job/${job.id}/codes.${format}`);
    expect(response.status).toBe(200);
    return response.text();
  };

  test('is answered with all its fields and becomes complete', async () => {
    expect(answered).toMatchObject(JSON.parse(DOCUMENTED_BODY));
    expect(Object.keys(answered)).toHaveLength(19);
    expect(['new', 'in_progress', 'complete']).toContain(answered.status);
    expect(job).toMatchObject({ ...JSON.parse(DOCUMENTED_BODY), quantity_created: 100, error_message: null });
    expect(await checkDatabase(backend.connectionString)).toEqual({
      jobs: 1,
      orders: 0,
      codes: 100,
      distinctCodes: 100,
    });
  });

  test('has 100 codes with their links', () => {
    expect(new Set(listed.map(({ code }) => code)).size).toBe(100);
    for (const { code, digital_link, epc_join_key, identifier_job } of listed) {
      expect(code).toMatch(/^[0-9A-Za-z]{8}$/);
      expect(epc_join_key).toBe(`/01/09312345551927/21/${code}`);
      expect(digital_link).toBe(`https://id.gs1.org${epc_join_key}`);
      expect(identifier_job).toBe(job.id);
    }
  });

  test('can be downloaded in four formats that agree with the list', async () => {
    const codes = listed.map(({ code }) => code);
    expect(await download('txt')).toBe(codes.map((code) => `${code}\n`).join(''));
    expect(JSON.parse(await download('json'))).toEqual(codes);
    const rows = listed.map(({ code, digital_link }) => `${code},${digital_link}\n`);
    expect(await download('csv')).toBe(`code,digital_link\n${rows.join('')}`);
    const lines = (await download('ndjson')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      listed.map(({ code, digital_link }) => ({ code, digital_link })),
    );
  });

  test('is read page by page and code by code', async () => {
    const { body } = await api.call<UniqueCode[]>(
      'GET',
      `/items/unique_code?filter[identifier_job][_eq]=${job.id}&limit=30&offset=80&meta=*`,
    );
    expect(body).toEqual({ meta: { total_count: 100, filter_count: 100 }, data: listed.slice(80) });
    const one = listed[42] as UniqueCode;
    expect(await api.data('GET', `/items/unique_code/${one.id}`)).toEqual(one);
    const found = await api.data(
      'GET',
      `/items/unique_code?filter=${JSON.stringify({ code: { _eq: one.code } })}`,
    );
    expect(found).toEqual([one]);
  });
});
