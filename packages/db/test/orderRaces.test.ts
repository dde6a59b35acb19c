import {
  CHARACTER_SETS,
  type KeyRing,
  newResourceId,
  PoolCipher,
  type PoolDescriptor,
  PoolKeyError,
  RefusedLinesError,
  ResourceIds,
  type SliceJob,
} from '@codemint/shared';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import {
  type Client,
  type CreatedOrder,
  claimStaleSlices,
  createOrder,
  type Database,
  decodeShortCode,
  FIRST_ACCOUNT_ID,
  findOrder,
  findRedirects,
  findShortDomain,
  findThng,
  findUnsettledBatches,
  type NamespaceKey,
  type NewOrder,
  numbersOfIds,
  performEvent,
  readOrderCodes,
  registerOrder,
  type ShortDomain,
  type StoredOrder,
  settleBatch,
  suppliedIds,
} from '../src';
import { acceptEvent } from './eventsSupport';
import { importLines } from './importSupport';
import { allCodes, generated, newOrder, productOf, supplied } from './ordersSupport';
import { expectEarliestOwners } from './owners';
import {
  addProduct,
  type Installation,
  masterKey,
  openInstallation,
  orderJob,
  ringOf,
  runToTheEnd,
  split,
} from './support';

const DOMAIN = 'race.example';
const SIZES = { slice: 700, chunk: 300 };
const ADI: NamespaceKey = { kind: 'adi', key: `${FIRST_ACCOUNT_ID} serial` };
const SHORT: NamespaceKey = { kind: 'short_code', key: DOMAIN };

/** As a process has them; with another ring it is one that was started anew. */
interface Process {
  database: Database;
  ring: KeyRing;
}

let installation: Installation;
let product: NamespaceKey;
let processes: [Process, Process];

beforeAll(async () => {
  installation = await openInstallation();
  product = await addProduct(installation.database, 931234555192);
  await installation.database.pool.query(
    `INSERT INTO domain (id, domain_name, account_id) VALUES (gen_random_uuid(), $1, $2)`,
    [DOMAIN, FIRST_ACCOUNT_ID],
  );
  processes = [
    { database: installation.connect(), ring: ringOf(1) },
    { database: installation.connect(), ring: ringOf(1) },
  ];
});

afterAll(() => installation.close());

/** Works in a process; one that lacks the new master key is started anew with it. */
async function within<Result>(
  process: Process,
  work: (process: Process) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(process);
  } catch (error) {
    if (!(error instanceof PoolKeyError)) throw error;
    process.ring = ringOf(1, 2);
    return work(process);
  }
}

interface ShapeOf {
  characterSet?: keyof typeof CHARACTER_SETS;
  length?: number;
  prefix?: string;
  suffix?: string;
}

/** Codes that a pool gives out in a race, some before they are asked for and some behind. */
function codesOf(
  { kind, key }: NamespaceKey,
  { characterSet = 'N', length = 8, prefix = '', suffix = '' }: ShapeOf,
  [from, count, step]: [from: number, count: number, step: number],
  keyVersion = 1,
): string[] {
  const cipher = new PoolCipher(masterKey(keyVersion), {
    namespaceKind: kind as PoolDescriptor['namespaceKind'],
    namespaceKey: key,
    alphabet: CHARACTER_SETS[characterSet],
    length,
    prefix,
    suffix,
    keyVersion,
    algorithm: 'ff1-aes256-1',
  });
  return Array.from({ length: count }, (_, i) => cipher.encode(from + i * step, 1).toString('utf8'));
}

/** Four shapes of ten characters in all that can make the same codes, two of eight, and one that cannot. */
const SHAPES: ShapeOf[] = [
  { characterSet: 'N', length: 8 },
  { characterSet: 'AN-47', length: 8 },
  { characterSet: 'N', length: 8, prefix: '1', suffix: '2' },
  { characterSet: 'N', length: 9, prefix: '1' },
  { characterSet: 'N', length: 8, prefix: '12' },
  { characterSet: 'N', length: 10 },
  { characterSet: 'UAN-28', length: 8, prefix: 'x-' },
];

const ofProduct = () => ({ product: productOf(product), identifierKey: 'gs1:21' });
const short = () => ({ domain: DOMAIN, defaultRedirectUrl: 'https://x.example/{evrythngId}' });

/** Orders that want each other's codes. */
function ordersOf(round: number): Partial<NewOrder>[] {
  const places = [ofProduct(), {}];
  const made = SHAPES.flatMap((shape, i) =>
    places.map((place) => ({
      ...place,
      codes: generated(i < 2 ? 2_000 : 900, shape),
      ...(i % 3 === 1 && { short: short() }),
    })),
  );
  const brought = [0, 1, 2].flatMap((i) =>
    [product, ADI].map((namespace, place) => ({
      ...places[place],
      codes: supplied(
        ...new Set([
          // In the midst of what is given out just now, and what both bring.
          ...codesOf(namespace, {}, [round * 3_000 + i * 311, 400, 11]),
          ...codesOf(namespace, {}, [0, 200, 17], 2),
          ...codesOf(namespace, SHAPES[2 + i] as ShapeOf, [round * 500, 300, 7]),
          ...codesOf(namespace, SHAPES[5] as ShapeOf, [0, 200, 5], round + 1),
          ...Array.from({ length: 60 }, (_, n) => `own-${(n + i * 30) * (round + 1)}`),
        ]),
      ),
      ...(i === 1 && { short: short() }),
    })),
  );
  return [...made, ...brought];
}

interface Accepted extends CreatedOrder {
  process: Process;
}

function accept(process: Process, wanted: Partial<NewOrder>): Promise<Accepted> {
  const order = newOrder({ id: newResourceId(), ...wanted });
  return within(process, async ({ database, ring }) => ({
    process,
    ...(await createOrder(database, ring, order, { sliceSize: SIZES.slice })),
  }));
}

/** As two workers at once would do it, each of another process. */
async function makeTwice(sliceJobs: readonly SliceJob[]): Promise<void> {
  const sizes = { chunkSize: SIZES.chunk, sliceSize: SIZES.slice };
  await Promise.all(
    processes.map((process) =>
      within(process, ({ database, ring }) => runToTheEnd(database, ring, sliceJobs, sizes)),
    ),
  );
}

async function completeTwice({ id, sliceJobs, registration }: Accepted): Promise<StoredOrder> {
  const register = (process: Process) =>
    within(process, ({ database, ring }) => registerOrder(database, ring, id));
  await Promise.all([makeTwice(sliceJobs), ...(registration === null ? [] : processes.map(register))]);
  return reread(id);
}

async function reread(id: string): Promise<StoredOrder> {
  return (await findOrder(installation.database.pool, id, null)) as StoredOrder;
}

async function job(process: Process, short: boolean): Promise<void> {
  const wanted = short
    ? { type: 'short_code' as const, characterSet: 'AN-47', domainName: DOMAIN }
    : { product: `/01/${product.key}`, characterSet: 'numeric' };
  const { sliceJobs } = await within(process, ({ database, ring }) =>
    orderJob(database, ring, { ...wanted, length: 8, quantity: 1_500, sliceSize: SIZES.slice }),
  );
  await makeTwice(sliceJobs);
}

/** Refused as a whole where somebody was faster with one of the codes. */
async function importSome(process: Process, round: number, i: number): Promise<boolean> {
  const shortIds = codesOf(SHORT, { characterSet: 'AN-47' }, [round * 4_000 + i * 2_000, 40, 97]);
  const serials = codesOf(product, {}, [round * 4_000 + 2_000 + i * 1_000, 40, 91]);
  const lines = [
    ...shortIds.map((code) => ({ domain: DOMAIN, code })),
    ...serials.map((code) => ({ product: `/01/${product.key}`, code })),
  ];
  try {
    await within(process, ({ database, ring }) =>
      importLines(database, ring, i % 2 ? lines.reverse() : lines),
    );
    return true;
  } catch (error) {
    if (error instanceof RefusedLinesError) return false;
    throw error;
  }
}

/** What a process left undone that had to be started anew. */
async function sweep(): Promise<void> {
  const { database, ring } = processes[1];
  for (;;) {
    const batches = await findUnsettledBatches(database.pool, 0, 1_000);
    for (const batchId of batches) await settleBatch(database, ring, batchId, SIZES.slice);
    const slices = await claimStaleSlices(database.pool, 0, 1_000);
    if (batches.length + slices.length === 0) return;
    await makeTwice(slices);
  }
}

/** Some overlapping events, each performed by two at once. */
async function actOn(order: StoredOrder): Promise<void> {
  const types = ['encodings', 'scans', 'encodings'];
  const all = Array.from({ length: order.quantity }, (_, number) => number);
  await Promise.all(
    types.map(async (type, i) => {
      const { database, ring } = processes[i % 2] as Process;
      const numbers = all.filter((number) => number % (i + 2) === 0);
      const { event } = await acceptEvent(database, ring, order, { type, numbers });
      await Promise.all(processes.map((process) => performEvent(process.database, event)));
    }),
  );
}

/** Everything at once; half-way the second process gets a new master key. */
async function race(round: number): Promise<StoredOrder[]> {
  const at = (i: number) => processes[i % 2] as Process;
  const orders = ordersOf(round).map(async (wanted, i) => {
    if (round === 1 && i === 6) at(1).ring = ringOf(1, 2);
    const order = await completeTwice(await accept(at(i + round), wanted));
    await actOn(order);
    return order;
  });
  const jobs = [0, 1, 2, 3].map((i) => job(at(i), i > 1));
  const imports = [0, 1, 2, 3].map((i) => importSome(at(i), round, i));
  const [done] = await Promise.all([Promise.all(orders), Promise.all(jobs), Promise.all(imports)]);
  await sweep();
  return Promise.all(done.map(({ id }) => reread(id)));
}

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
async function expectLeadBack(client: Client, order: StoredOrder): Promise<string[]> {
  const ring = ringOf(1, 2);
  const ids = new ResourceIds(ring);
  const { numbers, codes, shortIds } = await allCodes(processes[0].database, order);
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
  const { pool } = installation.database;
  const orders = [...(await race(0)), ...(await race(1)), ...(await race(2))];

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
  for (const order of orders) shortIds.push(...(await expectLeadBack(pool, order)));
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
  const database = installation.connect();
  const ring = ringOf(1);
  const place = { identifierKey: 'hole' };
  const namespace: NamespaceKey = { kind: 'adi', key: `${FIRST_ACCOUNT_ID} hole` };
  const taken = codesOf(namespace, {}, [1, 1, 1]);
  const former = await createOrder(database, ring, newOrder({ ...place, codes: supplied(...taken) }), {
    sliceSize: 1,
  });
  await registerOrder(database, ring, former.id);
  const wanted = newOrder({ ...place, codes: generated(2, { characterSet: 'N' }) });
  const { id, sliceJobs } = await createOrder(database, ring, wanted, { sliceSize: 1 });
  await runToTheEnd(database, ring, sliceJobs, { sliceSize: 1 });
  const order = await reread(id);
  expect(order).toMatchObject({ state: 'completed', created: 2 });
  const { numbers, codes } = await allCodes(database, order);
  expect([numbers, codes]).toEqual([[0, 1], codesOf(namespace, {}, [0, 2, 2])]);
  expect(await numbersOfIds(database.pool, order, codesOf(namespace, {}, [0, 2, 2]))).toEqual([0, 1]);
});
