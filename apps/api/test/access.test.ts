import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Api, type As, PRODUCT, startApi } from './support';

interface Recorded {
  name: string;
  request: { method: string; path: string; auth: string; headers?: Record<string, string>; body?: unknown };
  response: { status: number; headers: Record<string, string>; body: unknown; text?: string };
}

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const file = join(__dirname, '../../../tests/compat/recordings/auth.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];

const AS: Record<string, As> = { none: 'nobody', admin: 'admin' };

test.each(recorded)('as recorded: $name', async ({ request, response }) => {
  const answer = await api.request(
    request.method,
    request.path.replace('admin-static-token', api.tokens.admin),
    {
      as: AS[request.auth] ?? 'nobody',
      body: request.body,
      headers: {
        ...request.headers,
        ...(request.auth.startsWith('token:') ? { authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x' } : {}),
      },
    },
  );
  expect(answer.status).toBe(response.status);
  for (const [name, value] of Object.entries(response.headers)) expect(answer.headers.get(name)).toBe(value);
  if (response.text === undefined) expect(answer.body).toEqual(response.body);
  else expect(answer.text).toBe(response.text);
});

test('a token comes in the header, its scheme in any case, or in the query', async () => {
  const { operator } = api.tokens;
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const headers = { authorization: `${scheme} ${operator}` };
    expect((await api.request('GET', '/users/me', { as: 'nobody', headers })).status).toBe(200);
  }
  expect((await api.get(`/users/me?access_token=${operator}`, 'nobody')).status).toBe(200);
});

test('a suspended user is as one with a wrong token', async () => {
  const id = api.userIds.reader;
  await api.database.prisma.users.update({ where: { id }, data: { status: 'suspended' } });
  const answer = await api.get('/items/product', 'reader');
  await api.database.prisma.users.update({ where: { id }, data: { status: 'active' } });
  expect(answer.status).toBe(401);
  expect(answer.body.errors[0].extensions.code).toBe('INVALID_CREDENTIALS');
});

test('without a token /users/me is 401', async () => {
  const answer = await api.get('/users/me', 'nobody');
  expect(answer.status).toBe(401);
  expect(answer.body.errors[0].extensions.code).toBe('INVALID_CREDENTIALS');
});

test('a user sees the rows of its account alone, the administrator all', async () => {
  const ids = async (as: As) =>
    (await api.get('/items/product?fields=id', as)).body.data.map((item: { id: string }) => item.id);
  expect(await ids('stranger')).toEqual(['/01/00012345678905']);
  expect(await ids('reader')).toEqual(['/01/09312345551927', '/8003/09312345551927']);
  expect(await ids('admin')).toHaveLength(3);
  expect((await api.get('/items/account?fields=account_name', 'stranger')).body.data).toEqual([
    { account_name: 'Other account' },
  ]);
});

test('an item of another account is as one that is not there', async () => {
  const expected = {
    message: "You don't have permission to access this.",
    extensions: { code: 'FORBIDDEN' },
  };
  for (const key of [PRODUCT, '/01/00000000000000']) {
    const answer = await api.get(`/items/product/${encodeURIComponent(key)}`, 'stranger');
    expect(answer.status).toBe(403);
    expect(answer.body).toEqual({ errors: [expected] });
  }
});

test('a reader reads and writes nothing', async () => {
  const path = `/items/product/${encodeURIComponent(PRODUCT)}`;
  expect((await api.get(path, 'reader')).status).toBe(200);
  const writes = [
    api.post('/items/product', { gtin: '00614141000012' }, 'reader'),
    api.post('/items/identifier_job', { product: PRODUCT, quantity: 1 }, 'reader'),
    api.request('PATCH', path, { as: 'reader', body: { brand: 'x' } }),
    api.request('DELETE', path, { as: 'reader' }),
  ];
  for (const { status, body } of await Promise.all(writes)) {
    expect(status).toBe(403);
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
  }
});

test('users are read by the administrator, and by everybody for himself', async () => {
  expect((await api.get('/users/me', 'stranger')).body.data).toEqual({
    id: api.userIds.stranger,
    first_name: 'stranger',
    last_name: null,
    email: 'stranger@example.com',
    role: 'operator',
    status: 'active',
  });
  expect((await api.get('/users', 'operator')).status).toBe(403);
  expect((await api.get('/users?fields=role&sort=role', 'admin')).body.data).toHaveLength(4);
  expect((await api.get(`/users/${api.userIds.reader}?fields=role`, 'admin')).body.data).toEqual({
    role: 'reader',
  });
  expect((await api.get('/items/product?fields=user_created.email', 'operator')).status).toBe(403);
});
