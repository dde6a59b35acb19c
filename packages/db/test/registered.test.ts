import {
  countRegistered,
  deleteJobs,
  FIRST_ACCOUNT_ID,
  findCode,
  findRegistered,
  registeredById,
  streamRegistered,
} from '../src';
import { cipherOf, codesAt, order, ringOf, runToTheEnd, supply, useProduct } from './support';

const ring = ringOf(1);
const { installation, namespace } = useProduct();

const client = () => installation.database.pool;

/** Codes that nobody makes, of a new batch. */
async function register(count: number): Promise<{ batchId: bigint; codes: string[] }> {
  const codes = Array.from({ length: count }, (_, i) => `code-${namespace.key}-${i}`);
  const { batchId } = await supply(installation.database, ring, namespace, codes);
  return { batchId, codes };
}

async function stream(
  selection: Parameters<typeof streamRegistered>[1],
  { offset = 0, limit = Number.POSITIVE_INFINITY, descending = false } = {},
): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of streamRegistered(client(), selection, { offset, limit, descending })) {
    ids.push(...page.map(({ id }) => id));
  }
  return ids;
}

test('a registered code is found in each scope that holds it', async () => {
  const { batchId, codes } = await register(3);
  const [code] = codes as [string];
  for (const scope of [{ namespace }, { batchId }, { accountId: FIRST_ACCOUNT_ID }, { accountId: null }]) {
    expect(await findRegistered(client(), code, scope)).toEqual([
      {
        batchId,
        place: 0,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        code,
        status: 'unassigned',
        reservation: null,
        customId: null,
        userCreated: null,
        dateCreated: expect.any(Date),
      },
    ]);
  }
  const other = await installation.addProduct();
  expect(await findRegistered(client(), code, { namespace: other })).toEqual([]);
  expect(await findRegistered(client(), code, { accountId: '0a0b0c0d-1111-4222-8333-444455556666' })).toEqual(
    [],
  );
});

test('of a code that a pool could make the registered one is told, and no generated one', async () => {
  const cipher = cipherOf(namespace);
  const [supplied] = codesAt(cipher, [1]) as [string];
  const { batchId } = await supply(installation.database, ring, namespace, [supplied]);
  const job = await order(installation.database, ring, namespace, { quantity: 3 });
  await runToTheEnd(installation.database, ring, job.sliceJobs);
  expect(await findCode(client(), ring, supplied, { namespace })).toEqual([]);
  expect(await findRegistered(client(), supplied, { namespace })).toMatchObject([
    { batchId, code: supplied },
  ]);
  const [generated] = codesAt(cipher, [0]) as [string];
  expect(await findRegistered(client(), generated, { namespace })).toEqual([]);
  expect(await findCode(client(), ring, generated, { namespace })).toHaveLength(1);
});

test('codes come in the order of their ids, page after page, from any offset, and backwards', async () => {
  const { batchId } = await register(12_000);
  const selection = { batchIds: [batchId] };
  const all = await stream(selection);
  expect(all).toHaveLength(12_000);
  expect(all).toEqual(all.toSorted());
  expect(await stream(selection, { descending: true })).toEqual(all.toReversed());
  expect(await stream(selection, { offset: 4_990, limit: 5_020 })).toEqual(all.slice(4_990, 10_010));
  expect(await stream(selection, { offset: 11_999, limit: 5, descending: true })).toEqual([all[0]]);
  expect(await stream(selection, { limit: 0 })).toEqual([]);
  const [above, below] = [all[100] as string, all[200] as string];
  expect(await stream({ ...selection, above, below })).toEqual(all.slice(101, 200));
  expect(await stream({ ...selection, above, below }, { descending: true, offset: 90 })).toEqual(
    all.slice(101, 110).toReversed(),
  );
  expect(await countRegistered(client(), { ...selection, above, below })).toBe(99);
  expect(await countRegistered(client(), { ...selection, statuses: ['encoded'] })).toBe(0);
  expect(await countRegistered(client(), { batchIds: [] })).toBe(0);
  expect((await registeredById(client(), [all[7] as string, all[3] as string])).map(({ id }) => id)).toEqual([
    all[3],
    all[7],
  ]);
});

test('codes of a deleted job are nobody’s', async () => {
  const { batchId, codes } = await register(2);
  const [found] = await findRegistered(client(), codes[0] as string, { namespace });
  await client().query(
    `INSERT INTO identifier_job (account_id, product, quantity, batch_id) VALUES ($1, $2, 2, $3)`,
    [FIRST_ACCOUNT_ID, `/01/${namespace.key}`, batchId],
  );
  const { rows } = await client().query('SELECT id FROM identifier_job WHERE batch_id = $1', [batchId]);
  await deleteJobs(installation.database, [rows[0].id]);
  expect(await findRegistered(client(), codes[0] as string, { namespace })).toEqual([]);
  expect(await registeredById(client(), [found?.id as string])).toEqual([]);
  expect(await stream({ batchIds: [batchId] })).toEqual([]);
  expect(await countRegistered(client(), { batchIds: [batchId] })).toBe(0);
});
