import { PoolCipher, ResourceIds } from '@codemint/shared';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import {
  type Client,
  type Database,
  decodeShortCode,
  FIRST_ACCOUNT_ID,
  findRedirects,
  findShortDomain,
  findThng,
  type NamespaceKey,
  numbersOfIds,
  readOrderCodes,
  registerOrder,
  type ShortDomain,
  type StoredOrder,
  suppliedIds,
} from '../src';
import { ADI, type Arena, DOMAIN, openArena, race, reread, SHORT } from './orderRacesSupport';
import { accept, allCodes, generated, supplied } from './ordersSupport';
import { expectEarliestOwners } from './owners';
import { cipherOf, codesAt, masterKey, ringOf, runToTheEnd, split } from './support';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(() => arena.installation.close());

/** Of every code the earliest allotment, by the rule alone. */
async function earliestOf(client: Client, { kind, key }: NamespaceKey): Promise<Map<string, bigint>> {
  const earliest = new Map<string, bigint>();
  const claim = (code: string, sequence: bigint) => {
    const before = earliest.get(code);
    if (before === undefined || sequence < before) earliest.set(code, sequence);
  };
  const slices = await client.query(
    `SELECT p.prefix, p.suffix, p.alphabet, p.length, p.algorithm, p.key_version, s.first_index, s.count, s.sequence
       FROM slice s JOIN pool p ON p.id = s.pool_id JOIN namespace n ON n.id = p.namespace_id
      WHERE n.kind = $1 AND n.key = $2`,
    [kind, key],
  );
  for (const { key_version: keyVersion, first_index, count, sequence, ...shape } of slices.rows) {
    const descriptor = { ...shape, keyVersion, namespaceKind: kind, namespaceKey: key };
    const cipher = new PoolCipher(masterKey(keyVersion), descriptor);
    for (const code of split(cipher.encode(Number(first_index), count), cipher.width)) claim(code, sequence);
  }
  const { rows } = await client.query(
    `SELECT code, sequence FROM registry r JOIN namespace n ON n.id = r.namespace_id WHERE n.kind = $1 AND n.key = $2`,
    [kind, key],
  );
  for (const { code, sequence } of rows) claim(code, sequence);
  return earliest;
}

/** Ids that were refused had an owner before; the others had none. */
async function expectRightlyRefused(client: Client, orders: readonly StoredOrder[], namespace: NamespaceKey) {
  const earliest = await earliestOf(client, namespace);
  let refusals = 0;
  for (const order of orders) {
    const refused = new Set(Object.values(order.refused ?? {}).flat());
    refusals += refused.size;
    const { rows } = await client.query<{ sequence: bigint }>(
      'SELECT DISTINCT sequence FROM registry WHERE batch_id = $1',
      [order.batchId],
    );
    const own = rows[0]?.sequence ?? 2n ** 62n;
    const wrong = (await suppliedIds(client, order.id)).filter((id, number) => {
      const owner = earliest.get(id);
      return refused.has(number) ? owner === undefined || owner >= own : owner !== own;
    });
    expect(wrong).toEqual([]);
    expect(order.created).toBe(order.quantity - refused.size);
  }
  return refusals;
}

/** Ids of Thngs and short links lead to their codes, under a ring of another process. */
async function expectLeadBack(database: Database, order: StoredOrder): Promise<string[]> {
  const client = database.pool;
  const ring = ringOf(1, 2);
  const ids = new ResourceIds(ring);
  const { numbers, codes, shortIds } = await allCodes(database, order);
  expect(numbers).toHaveLength(order.created);
  const some = [0, 1, 2, Math.floor(numbers.length / 2), numbers.length - 1].filter(
    (at) => at < numbers.length,
  );
  const domain = (await findShortDomain(client, DOMAIN)) as ShortDomain;
  for (const at of some) {
    const number = numbers[at] as number;
    const member = { kind: 'thng' as const, owner: order.batchId, number, keyVersion: order.keyVersion };
    expect(ids.memberOf('thng', ids.idOf(member))).toEqual(member);
    const thng = await findThng(client, { batchId: order.batchId, number }, FIRST_ACCOUNT_ID);
    expect(thng).toMatchObject({ number, code: codes[at], shortId: shortIds?.[at] ?? null });
    if (shortIds === null) continue;
    const decoded = decodeShortCode(ring, domain, shortIds[at] as string);
    const [redirect] = await findRedirects(client, decoded === undefined ? [] : [decoded]);
    expect(redirect?.thng).toEqual({ owner: order.batchId, number, keyVersion: order.keyVersion });
  }
  const read = await readOrderCodes(client, order, numbers);
  expect(numbers.map((number) => read.get(number)?.code)).toEqual(codes);
  return shortIds ?? [];
}

/** Of the test's database; those who met them have left by then. */
async function deadlocks(client: Client): Promise<number> {
  const { rows } = await client.query<{ deadlocks: bigint }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.deadlocks);
}

test('orders, jobs, imports and events at once: every code has one owner, and every order ends', async () => {
  const { installation, product, processes } = arena;
  const { pool } = installation.database;
  const orders = [...(await race(arena, 0)), ...(await race(arena, 1)), ...(await race(arena, 2))];

  expect(orders.filter(({ state, errorMessage }) => state !== 'completed' || errorMessage !== null)).toEqual(
    [],
  );
  for (const order of orders.filter(({ isSupplied }) => !isSupplied))
    expect(order.created).toBe(order.quantity);

  let rivals = 0;
  for (const namespace of [product, ADI, SHORT])
    rivals += (await expectEarliestOwners(pool, namespace)).rivals;
  expect(rivals).toBeGreaterThan(0);

  const brought = orders.filter(({ isSupplied }) => isSupplied);
  const ofGtin = brought.filter(({ product: id }) => id !== null);
  const others = brought.filter(({ product: id }) => id === null);
  expect(await expectRightlyRefused(pool, ofGtin, product)).toBeGreaterThan(0);
  expect(await expectRightlyRefused(pool, others, ADI)).toBeGreaterThan(0);

  const shortIds: string[] = [];
  for (const order of orders) shortIds.push(...(await expectLeadBack(processes[0].database, order)));
  const { rows } = await pool.query<{ code: string }>(
    `SELECT code FROM issued_code WHERE kind = 'short_code' AND identifier_job IS NOT NULL
      UNION ALL SELECT code FROM registry r JOIN namespace n ON n.id = r.namespace_id WHERE n.kind = 'short_code'`,
  );
  shortIds.push(...rows.map(({ code }) => code));
  expect(new Set(shortIds).size).toBe(shortIds.length);

  const { connectionString } = pool.options as { connectionString: string };
  await checkDatabase(connectionString);
  await Promise.all(processes.map(({ database }) => database.close()));
  expect(await deadlocks(pool)).toBe(0);
});

test("a chunk all of whose codes were somebody else's does not end the order", async () => {
  const { database } = arena.installation;
  const ring = ringOf(1);
  const place = { identifierKey: 'hole' };
  const namespace: NamespaceKey = { kind: 'adi', key: `${FIRST_ACCOUNT_ID} hole` };
  const cipher = cipherOf(namespace, { set: 'N', length: 8 });
  const former = await accept(database, ring, { ...place, codes: supplied(...codesAt(cipher, [1])) });
  await registerOrder(database, ring, former.id);
  const wanted = { ...place, codes: generated(2, { characterSet: 'N' }) };
  const { id, sliceJobs } = await accept(database, ring, wanted, 1);
  await runToTheEnd(database, ring, sliceJobs, { sliceSize: 1 });
  const order = await reread(database, id);
  expect(order).toMatchObject({ state: 'completed', created: 2 });
  const { numbers, codes } = await allCodes(database, order);
  expect([numbers, codes]).toEqual([[0, 1], codesAt(cipher, [0, 2])]);
  expect(await numbersOfIds(database.pool, order, codesAt(cipher, [0, 2]))).toEqual([0, 1]);
});
