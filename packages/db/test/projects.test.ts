import { NotUniqueError, UnknownReferenceError, ValidationError } from '@codemint/shared';
import { addProject, createAccount, FIRST_ACCOUNT_ID, listProjects, projectExists } from '../src';
import { useInstallation } from './support';

const ID = 'UKwHgM24VqABDKwbeEBCmgfr';
const UNKNOWN_ACCOUNT = '00000000-0000-0000-0000-000000000001';
const installation = useInstallation('test');
let otherAccount: string;

beforeEach(async () => {
  otherAccount = (await createAccount(installation.database, { name: 'Bakery' })).account.id;
});

const add = (asked: { id?: string; name?: string; accountId?: string }) =>
  addProject(installation.database, { name: 'Spring', accountId: FIRST_ACCOUNT_ID, ...asked });

test('a project gets a random id of 24 characters', async () => {
  const { project, created } = await add({});
  expect(created).toBe(true);
  expect(project).toEqual({
    id: expect.stringMatching(/^\w{24}$/),
    name: 'Spring',
    account_id: FIRST_ACCOUNT_ID,
    date_created: expect.any(Date),
  });
  expect((await add({})).project.id).not.toBe(project.id);
});

test('with an id it is made once', async () => {
  const accountId = FIRST_ACCOUNT_ID.toUpperCase();
  const outcomes = await Promise.all([1, 2, 3].map(() => add({ id: ID, accountId })));
  expect(outcomes.map(({ created }) => created).sort()).toEqual([false, false, true]);
  await expect(add({ id: ID, name: 'Autumn' })).rejects.toThrow(NotUniqueError);
  await expect(add({ id: ID, accountId: otherAccount })).rejects.toThrow(
    /belongs to "Spring" of account f1b2/,
  );
  expect(await listProjects(installation.database)).toHaveLength(1);
});

test.each([
  [{ name: ' ' }, ValidationError],
  [{ id: 'short' }, ValidationError],
  [{ id: ID.replace('U', 'i') }, ValidationError],
  [{ accountId: UNKNOWN_ACCOUNT }, UnknownReferenceError],
  [{ accountId: 'Dairy' }, UnknownReferenceError],
])('%j is refused', async (asked, error) => {
  await expect(add(asked)).rejects.toThrow(error);
  expect(await listProjects(installation.database)).toEqual([]);
});

test('projects are listed, all or those of an account, the oldest first', async () => {
  const first = (await add({})).project;
  const second = (await add({ accountId: otherAccount })).project;
  expect(await listProjects(installation.database)).toEqual([first, second]);
  expect(await listProjects(installation.database, otherAccount)).toEqual([second]);
  await expect(listProjects(installation.database, UNKNOWN_ACCOUNT)).rejects.toThrow(UnknownReferenceError);
});

test('a project is there for its own account alone', async () => {
  const { pool } = installation.database;
  await add({ id: ID });
  expect(await projectExists(pool, ID, FIRST_ACCOUNT_ID)).toBe(true);
  expect(await projectExists(pool, ID, otherAccount)).toBe(false);
  expect(await projectExists(pool, ID.toLowerCase(), FIRST_ACCOUNT_ID)).toBe(false);
  expect(await projectExists(pool, 'no\u0000id', FIRST_ACCOUNT_ID)).toBe(false);
});
