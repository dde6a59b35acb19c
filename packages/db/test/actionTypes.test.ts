import { ValidationError } from '@codemint/shared';
import { addActionType, isActionType, listActionTypes } from '../src';
import { useInstallation } from './support';

const BUILT_IN = [
  'checkins',
  'commissions',
  'decommissions',
  'encodings',
  'implicitScans',
  'invalidScans',
  'scans',
  'shares',
];
const installation = useInstallation('test');

const add = (name: string) => addActionType(installation.database, name);
const exists = (name: string) => isActionType(installation.database.pool, name);

test('the built-in types are always there', async () => {
  for (const name of BUILT_IN) expect(await exists(name)).toBe(true);
  expect(await listActionTypes(installation.database)).toEqual(
    BUILT_IN.map((name) => ({ name, date_created: null })),
  );
});

test('a type is there once it is added, and added once', async () => {
  expect(await exists('_tests')).toBe(false);
  expect(await add('_tests')).toBe(true);
  expect(await add('_tests')).toBe(false);
  expect(await exists('_tests')).toBe(true);
  expect(await exists('_Tests')).toBe(false);
  await add('_A');
  expect((await listActionTypes(installation.database)).slice(BUILT_IN.length)).toEqual([
    { name: '_A', date_created: expect.any(Date) },
    { name: '_tests', date_created: expect.any(Date) },
  ]);
});

test.each([`_${'a'.repeat(64)}`, '_9', '__'])('%j is a name of a type', async (name) => {
  expect(await add(name)).toBe(true);
});

test.each(['', '_', 'tests', 'scans', '_a b', '_é', '_a\n', '_\u0000', `_${'a'.repeat(65)}`])(
  '%j is refused',
  async (name) => {
    await expect(add(name)).rejects.toThrow(ValidationError);
    expect(await exists(name)).toBe(name === 'scans');
  },
);
