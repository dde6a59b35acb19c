import { type Api, codes, startApi, wrongFields } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const DOMAINS = '/items/domain';

test.each([
  ['ID.Example.COM', 'id.example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['mybrand.tvai.me.', 'mybrand.tvai.me'],
])('%s becomes %s', async (given, kept) => {
  const { status, body } = await api.post(DOMAINS, { domain_name: given });
  expect(status).toBe(200);
  expect(Object.keys(body.data)).toEqual([
    'id', 'user_created', 'date_created', 'user_updated', 'date_updated', 'domain_name',
  ]); // biome-ignore format: a list of names
  expect(body.data.domain_name).toBe(kept);
});

test.each([
  undefined,
  null,
  '',
  'https://a.example',
  'a.example/path',
  'a.example:80',
  'a b.example',
  '-a.example',
  'a..example',
  '10.0.0.1',
  '1',
  'a_b.example',
  `${'a'.repeat(64)}.example`,
  'user@a.example',
])('%j is no domain name', async (name) => {
  // biome-ignore format: a list of names
  const answer = await api.post(DOMAINS, { domain_name: name });
  expect(answer.status).toBe(400);
  expect(wrongFields(answer)).toEqual(['domain_name']);
});

test('a name is taken once, in whatever account, and stays', async () => {
  const made = await api.post(DOMAINS, { domain_name: 'one.example' });
  const again = await api.post(DOMAINS, { domain_name: 'ONE.example' }, 'stranger');
  expect(again.body.errors[0].extensions).toEqual({
    collection: 'domain',
    field: 'domain_name',
    value: 'one.example',
    code: 'RECORD_NOT_UNIQUE',
  });
  const path = `${DOMAINS}/${made.body.data.id}`;
  expect(wrongFields(await api.request('PATCH', path, { body: { domain_name: 'two.example' } }))).toEqual([
    'domain_name',
  ]);
  expect((await api.get(path, 'stranger')).status).toBe(403);
});

test('DELETE is refused once codes were given out, also when their job is gone', async () => {
  const { id } = (await api.post(DOMAINS, { domain_name: 'codes.example' })).body.data;
  const job = await api.post('/items/identifier_job', { type: 'short_code', domain: id, quantity: 1 });
  expect(job.status).toBe(200);
  expect(codes(await api.request('DELETE', `${DOMAINS}/${id}`))).toEqual(['INVALID_FOREIGN_KEY']);
  await api.request('DELETE', `/items/identifier_job/${job.body.data.id}`);
  expect(codes(await api.request('DELETE', `${DOMAINS}/${id}`))).toEqual(['INVALID_FOREIGN_KEY']);
});

test('DELETE removes a domain without codes', async () => {
  const { id } = (await api.post(DOMAINS, { domain_name: 'unused.example' })).body.data;
  expect((await api.request('DELETE', `${DOMAINS}/${id}`)).status).toBe(204);
});
