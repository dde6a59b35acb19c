import { KeyRing, PoolKeyError } from '@codemint/shared';
import type { Database, NamespaceKey } from '../src';
import { inTransaction } from '../src/connection/transaction';
import { provenKeyVersion } from '../src/keys/keyVersionForNew';
import { masterKey, order, orderJob, ringOf, useInstallation } from './support';

const installation = useInstallation('test');
let database: Database;

beforeEach(() => {
  database = installation.database;
});

/** The same versions, but another key under the last one. */
function mistaken(...versions: number[]): KeyRing {
  const last = versions.at(-1);
  return new KeyRing(
    new Map(
      versions.map((version) => [version, masterKey(version, version === last ? 'mistake' : undefined)]),
    ),
  );
}

const ask = (ring: KeyRing, namespace: NamespaceKey, using = database) =>
  order(using, ring, namespace, { quantity: 10 });

async function versionsOfPools(): Promise<number[]> {
  const { rows } = await database.pool.query<{ version: number }>(
    'SELECT key_version AS version FROM pool ORDER BY id',
  );
  return rows.map(({ version }) => version);
}

test('another key under a version that is in use opens no pool, not even where there is none yet', async () => {
  const first = await installation.addProduct();
  await ask(ringOf(2), first);
  for (const namespace of [first, await installation.addProduct()]) {
    const refused = ask(mistaken(2), namespace);
    await expect(refused).rejects.toThrow(PoolKeyError);
    await expect(refused).rejects.toThrow(
      /^Master key version 2 does not make the codes that pool \d+ was opened/,
    );
  }
  await expect(
    orderJob(database, mistaken(2), { type: 'short_code', domainName: 'x.example', quantity: 1 }),
  ).rejects.toThrow(PoolKeyError);
  expect(await versionsOfPools()).toEqual([2]);
  // A version of which there are no pools is as free as before.
  await ask(mistaken(2, 3), await installation.addProduct());
  expect(await versionsOfPools()).toEqual([2, 3]);
});

test('a version is proven once, by a pool that is committed', async () => {
  const ring = ringOf(1);
  await ask(ring, await installation.addProduct());
  expect([...ring.proven]).toEqual([]);
  await ask(ring, await installation.addProduct());
  expect([...ring.proven]).toEqual([1]);
  await inTransaction(database.pool, async (client) => {
    const query = jest.spyOn(client, 'query');
    expect(await provenKeyVersion(client, ring, [])).toBe(1);
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();
  });
});

test('a first pool that is rolled back proves nothing', async () => {
  const ring = ringOf(1);
  const broken = inTransaction(database.pool, async (client) => {
    const { rows } = await client.query<{ id: bigint }>(
      `INSERT INTO namespace (kind, key) VALUES ('sgtin', '09312345551927') RETURNING id`,
    );
    await provenKeyVersion(client, ring, []);
    await client.query(
      `INSERT INTO pool (namespace_id, prefix, alphabet, length, suffix, key_version, algorithm, space, check_value)
       VALUES ($1, '', '0123456789', 6, '', 1, 'ff1-aes256-1', 1000000, $2)`,
      [rows[0]?.id, checkValue(ring)],
    );
    await provenKeyVersion(client, ring, []);
    throw new Error('all of it is undone');
  });
  await expect(broken).rejects.toThrow('all of it is undone');
  expect([...ring.proven]).toEqual([]);
  await ask(mistaken(1), await installation.addProduct());
  await expect(ask(ring, await installation.addProduct())).rejects.toThrow(PoolKeyError);
});

function checkValue(ring: KeyRing): Uint8Array {
  return ring
    .newCipher({
      namespaceKind: 'sgtin',
      namespaceKey: '09312345551927',
      prefix: '',
      alphabet: '0123456789',
      length: 6,
      suffix: '',
      algorithm: 'ff1-aes256-1',
      keyVersion: 1,
    })
    .checkValue();
}

test('of two processes that open the first pools of a version with different keys one is refused', async () => {
  const other = installation.connect();
  for (let version = 2; version < 8; version++) {
    const [right, wrong] = [ringOf(1, version), mistaken(1, version)];
    const namespaces = await Promise.all(Array.from({ length: 6 }, () => installation.addProduct()));
    const outcomes = await Promise.allSettled(
      namespaces.map((namespace, i) => (i % 2 === 0 ? ask(right, namespace) : ask(wrong, namespace, other))),
    );
    const winner = outcomes[0]?.status === 'fulfilled' ? 0 : 1;
    outcomes.forEach(({ status }, i) => {
      expect([i, status]).toEqual([i, i % 2 === winner ? 'fulfilled' : 'rejected']);
    });
    const refused = outcomes[1 - winner];
    expect(refused).toMatchObject({ reason: expect.any(PoolKeyError) });
  }
});
