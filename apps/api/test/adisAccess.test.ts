import { ADMINISTRATOR_ID, createToken, createUser, FIRST_ACCOUNT_ID } from '@codemint/db';
import { call, read, told } from './adisSupport';
import { type Api, type As, OTHER_ACCOUNT_ID, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const userId = (as: As) => (as === 'admin' ? ADMINISTRATOR_ID : api.userIds[as as keyof Api['userIds']]);

test.each<[As, string]>([
  ['operator', FIRST_ACCOUNT_ID],
  ['reader', FIRST_ACCOUNT_ID],
  ['stranger', OTHER_ACCOUNT_ID],
  ['admin', FIRST_ACCOUNT_ID],
])('%s: whose the key is, and who that is', async (as, account) => {
  const id = userId(as);
  const { body } = await read(api, '/access', as);
  expect(body).toEqual({ account, actor: { type: 'operator', id } });
  const { body: operator } = await read(api, `/operators/${id}`, as);
  expect(operator).toMatchObject({ id, email: expect.any(String), createdAt: expect.any(Number) });
  // The official client has members of these names that it would lose.
  for (const name of ['account', 'role', 'user', 'project']) expect(operator).not.toHaveProperty(name);
});

test('an administrator reads any user, others themselves alone', async () => {
  expect((await read(api, `/operators/${api.userIds.stranger}`, 'admin')).body.email).toBe(
    'stranger@example.com',
  );
  expect((await read(api, `/operators/${api.userIds.operator.toUpperCase()}`)).status).toBe(200);
  for (const id of [api.userIds.reader, ADMINISTRATOR_ID, 'operator@example.com', 'me', '%00']) {
    expect(told(await read(api, `/operators/${id}`))).toEqual({ status: 404, error: 'Operator not found.' });
  }
});

test("an account's administrator reads the users of his account", async () => {
  const { user } = await createUser(api.database, {
    email: 'head@example.com',
    role: 'admin',
    accountId: FIRST_ACCOUNT_ID,
  });
  const authorization = await createToken(api.database, user.id, 'test');
  const ask = (id: string) =>
    call(api, 'GET', `/operators/${id}`, { as: 'nobody', headers: { authorization } });
  expect((await ask(api.userIds.reader)).status).toBe(200);
  expect((await ask(api.userIds.stranger)).status).toBe(404);
});

test.each(['/access', '/operators/me'])('%s needs a key', async (path) => {
  expect(told(await read(api, path, 'nobody'))).toMatchObject({ status: 401 });
});
