import {
  CHARACTER_SETS,
  type KeyRing,
  newResourceId,
  PoolCipher,
  type PoolDescriptor,
  PoolKeyError,
  RefusedLinesError,
  type SliceJob,
} from '@codemint/shared';
import {
  type CreatedOrder,
  claimStaleSlices,
  type Database,
  FIRST_ACCOUNT_ID,
  findOrder,
  findUnsettledBatches,
  type NamespaceKey,
  type NewOrder,
  performEvent,
  registerOrder,
  type StoredOrder,
  settleBatch,
} from '../src';
import { acceptEvent } from './eventsSupport';
import { importLines } from './importSupport';
import { accept, generated, productOf, supplied } from './ordersSupport';
import {
  addProduct,
  masterKey,
  type OpenInstallation,
  openInstallation,
  orderJob,
  ringOf,
  runToTheEnd,
} from './support';

export const DOMAIN = 'race.example';
const SIZES = { slice: 700, chunk: 300 };
export const ADI: NamespaceKey = { kind: 'adi', key: `${FIRST_ACCOUNT_ID} serial` };
export const SHORT: NamespaceKey = { kind: 'short_code', key: DOMAIN };

/** As a process has them; with another ring it is one that was started anew. */
interface Process {
  database: Database;
  ring: KeyRing;
}

/** Where orders race: two processes over one database. */
export interface Arena {
  installation: OpenInstallation;
  product: NamespaceKey;
  processes: [Process, Process];
}

export async function openArena(): Promise<Arena> {
  const installation = await openInstallation();
  const product = await addProduct(installation.database, 931234555192);
  await installation.database.pool.query(
    `INSERT INTO domain (id, domain_name, account_id) VALUES (gen_random_uuid(), $1, $2)`,
    [DOMAIN, FIRST_ACCOUNT_ID],
  );
  const start = (): Process => ({ database: installation.connect(), ring: ringOf(1) });
  return { installation, product, processes: [start(), start()] };
}

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

const short = () => ({ domain: DOMAIN, defaultRedirectUrl: 'https://x.example/{evrythngId}' });

/** Orders that want each other's codes. */
function ordersOf(product: NamespaceKey, round: number): Partial<NewOrder>[] {
  const places = [{ product: productOf(product), identifierKey: 'gs1:21' }, {}];
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

function acceptIn(process: Process, wanted: Partial<NewOrder>): Promise<CreatedOrder> {
  const order = { id: newResourceId(), ...wanted };
  return within(process, ({ database, ring }) => accept(database, ring, order, SIZES.slice));
}

/** As two workers at once would do it, each of another process. */
async function makeTwice({ processes }: Arena, sliceJobs: readonly SliceJob[]): Promise<void> {
  const sizes = { chunkSize: SIZES.chunk, sliceSize: SIZES.slice };
  await Promise.all(
    processes.map((process) =>
      within(process, ({ database, ring }) => runToTheEnd(database, ring, sliceJobs, sizes)),
    ),
  );
}

async function completeTwice(
  arena: Arena,
  { id, sliceJobs, registration }: CreatedOrder,
): Promise<StoredOrder> {
  const register = (process: Process) =>
    within(process, ({ database, ring }) => registerOrder(database, ring, id));
  await Promise.all([
    makeTwice(arena, sliceJobs),
    ...(registration === null ? [] : arena.processes.map(register)),
  ]);
  return reread(arena.installation.database, id);
}

export async function reread({ pool }: Database, id: string): Promise<StoredOrder> {
  return (await findOrder(pool, id, null)) as StoredOrder;
}

async function job(arena: Arena, process: Process, short: boolean): Promise<void> {
  const wanted = short
    ? { type: 'short_code' as const, characterSet: 'AN-47', domainName: DOMAIN }
    : { product: `/01/${arena.product.key}`, characterSet: 'numeric' };
  const { sliceJobs } = await within(process, ({ database, ring }) =>
    orderJob(database, ring, { ...wanted, length: 8, quantity: 1_500, sliceSize: SIZES.slice }),
  );
  await makeTwice(arena, sliceJobs);
}

/** Refused as a whole where somebody was faster with one of the codes. */
async function importSome({ product, processes }: Arena, round: number, i: number): Promise<boolean> {
  const shortIds = codesOf(SHORT, { characterSet: 'AN-47' }, [round * 4_000 + i * 2_000, 40, 97]);
  const serials = codesOf(product, {}, [round * 4_000 + 2_000 + i * 1_000, 40, 91]);
  const lines = [
    ...shortIds.map((code) => ({ domain: DOMAIN, code })),
    ...serials.map((code) => ({ product: `/01/${product.key}`, code })),
  ];
  try {
    await within(processes[i % 2] as Process, ({ database, ring }) =>
      importLines(database, ring, i % 2 ? lines.reverse() : lines),
    );
    return true;
  } catch (error) {
    if (error instanceof RefusedLinesError) return false;
    throw error;
  }
}

/** What a process left undone that had to be started anew. */
async function sweep(arena: Arena): Promise<void> {
  const { database, ring } = arena.processes[1];
  for (;;) {
    const batches = await findUnsettledBatches(database.pool, 0, 1_000);
    for (const batchId of batches) await settleBatch(database, ring, batchId, SIZES.slice);
    const slices = await claimStaleSlices(database.pool, 0, 1_000);
    if (batches.length + slices.length === 0) return;
    await makeTwice(arena, slices);
  }
}

/** Some overlapping events, each performed by two at once. */
async function actOn({ processes }: Arena, order: StoredOrder): Promise<void> {
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
export async function race(arena: Arena, round: number): Promise<StoredOrder[]> {
  const at = (i: number) => arena.processes[i % 2] as Process;
  const orders = ordersOf(arena.product, round).map(async (wanted, i) => {
    if (round === 1 && i === 6) at(1).ring = ringOf(1, 2);
    const order = await completeTwice(arena, await acceptIn(at(i + round), wanted));
    await actOn(arena, order);
    return order;
  });
  const jobs = [0, 1, 2, 3].map((i) => job(arena, at(i), i > 1));
  const imports = [0, 1, 2, 3].map((i) => importSome(arena, round, i));
  const [done] = await Promise.all([Promise.all(orders), Promise.all(jobs), Promise.all(imports)]);
  await sweep(arena);
  return Promise.all(done.map(({ id }) => reread(arena.installation.database, id)));
}
