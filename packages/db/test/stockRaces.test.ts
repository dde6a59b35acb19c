import { ConflictError, ForbiddenError, ValidationError } from '@codemint/shared';
import type pg from 'pg';
import { findFaults } from '../../../tests/support/checkDatabase';
import { until } from '../../../tests/support/until';
import {
  type CodeStatus,
  claimStaleSlices,
  createReservations,
  type Database,
  deleteJobs,
  FIRST_ACCOUNT_ID,
  findUnsettledBatches,
  moveCodes,
  type NamespaceKey,
  releaseReservations,
  removeChunks,
  replenish,
  retireKey,
  type StoredOrder,
  settleBatch,
} from '../src';
import { act } from './eventsSupport';
import { accept, complete, generated, productOf } from './ordersSupport';
import { newReservation } from './reservationsSupport';
import {
  cipherOf,
  codesAt,
  type Installation,
  LIMITS,
  order,
  ringOf,
  runSlice,
  runToTheEnd,
  supply,
  useInstallation,
} from './support';

const SLICE_SIZE = 150;
const CHUNK_SIZE = 37;
const STATUSES: readonly CodeStatus[] = ['unassigned', 'reserved', 'assigned', 'encoded'];

const ring = ringOf(1, 2);
const installation = useInstallation('test');
/** Of two processes: what keeps their callers apart is Postgres alone. */
let processes: readonly Database[];

beforeEach(async () => {
  processes = [installation.database, installation.connect()];
});

const sides = () => processes as readonly [Database, Database];
const below = (end: number) => Math.floor(Math.random() * end);
const oneOf = <Thing>(things: readonly Thing[]) => things[below(things.length)];

/** What a rival may have been quicker with; anything else fails the test. */
async function passing<Result>(work: Promise<Result>): Promise<Result | undefined> {
  return work.catch((error: unknown) => {
    const isExpected = [ConflictError, ForbiddenError, ValidationError].some((kind) => error instanceof kind);
    if (isExpected) return undefined;
    throw error;
  });
}

/** Does something again and again, beside all others. */
async function again(times: number, work: (database: Database) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < times; i++) await work(oneOf(sides()) as Database);
}

/** Some codes of some batches, as a caller names them who has read a list before. */
async function someCodes(
  database: Database,
): Promise<{ batchId: bigint; places: number[]; isSupplied: boolean }[]> {
  const { rows } = await database.pool.query<{ batch_id: bigint; place: number; is_supplied: boolean }>(
    `SELECT c.batch_id, c.batch_offset::int + i AS place, false AS is_supplied
       FROM chunk c CROSS JOIN LATERAL generate_series(0, c.span - 1) AS i
      WHERE NOT c.first_index + i = ANY (c.skipped) AND random() < 0.05
      UNION ALL
     SELECT batch_id, place, true FROM registry WHERE random() < 0.2`,
  );
  const chosen = new Map<string, { batchId: bigint; places: number[]; isSupplied: boolean }>();
  for (const { batch_id: batchId, place, is_supplied: isSupplied } of rows) {
    const known = chosen.get(`${batchId}`) ?? { batchId, places: [], isSupplied };
    chosen.set(`${batchId}`, known);
    known.places.push(place);
  }
  return [...chosen.values()].filter(() => Math.random() < 0.5);
}

async function runOpenSlices(database: Database): Promise<void> {
  const slices = await claimStaleSlices(database.pool, 0, 3);
  // The latest first, so that gaps are left before codes that may be taken.
  for (const { sliceId } of slices.reverse()) {
    const outcome = await runSlice(database.pool, ring, sliceId, CHUNK_SIZE);
    if (outcome?.short) await settleBatch(database, ring, outcome.batchId, SLICE_SIZE);
  }
}

async function finishAll({ database }: Installation): Promise<void> {
  for (;;) {
    const slices = await claimStaleSlices(database.pool, -1_000, 1_000);
    await runToTheEnd(database, ring, slices, { chunkSize: CHUNK_SIZE, sliceSize: SLICE_SIZE });
    const unsettled = await findUnsettledBatches(database.pool, 0, 100);
    for (const batch of unsettled) await settleBatch(database, ring, batch, SLICE_SIZE);
    if (slices.length + unsettled.length === 0) return;
  }
}

async function faults({ database }: Installation): Promise<string[]> {
  const client = await database.pool.connect();
  try {
    return await findFaults(client as pg.ClientBase);
  } finally {
    client.release();
  }
}

async function addRule(database: Database, namespace: NamespaceKey): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO replenishment_rule (account, product, character_set, length, minimum, target)
     VALUES ($1, $2, 'numeric', 6, 400, 900) RETURNING id`,
    [FIRST_ACCOUNT_ID, `/01/${namespace.key}`],
  );
  return (rows[0] as { id: string }).id;
}

test('whoever takes, moves, gives back, makes and deletes codes at once, all counts stay right', async () => {
  const { database } = installation;
  const products = [await installation.addProduct(), await installation.addProduct()] as const;
  const rules = await Promise.all(products.map((product) => addRule(database, product)));
  const imports: bigint[] = [];
  for (const product of products) {
    // Codes that the numeric pools come upon and have to skip.
    const codes = ring.versions.flatMap((keyVersion) =>
      codesAt(cipherOf(product, { keyVersion }), [5, 6, 7, 40, 90, 150, 299, 700]),
    );
    imports.push((await supply(database, ring, product, codes)).batchId);
  }
  const orders: StoredOrder[] = [];
  for (const product of products) {
    const accepted = await accept(database, ring, { product: productOf(product), codes: generated(300) });
    orders.push(await complete(database, ring, accepted, CHUNK_SIZE));
  }
  const kept: string[] = [];
  const anyProduct = () => oneOf(products) as NamespaceKey;

  const reserve = async (side: Database) => {
    const wanted = Array.from({ length: 1 + below(2) }, () =>
      newReservation(anyProduct(), {
        quantity: 1 + below(250),
        allowPartial: Math.random() < 0.5,
        length: oneOf([null, 6]) as null,
      }),
    );
    kept.push(...((await passing(createReservations(side, wanted))) ?? []));
  };
  const release = async (side: Database) => {
    const ids = Array.from({ length: 2 }, () => oneOf(kept)).filter((id) => id !== undefined);
    await passing(releaseReservations(side, ids));
  };
  const move = async (side: Database) => {
    const moves = (await someCodes(side)).map((codes) => ({
      ...codes,
      status: oneOf(STATUSES) as CodeStatus,
      from: oneOf([
        undefined,
        ['reserved'],
        ['unassigned', 'assigned'],
        ['assigned', 'encoded'],
      ]) as CodeStatus[],
    }));
    await passing(moveCodes(side, moves, Math.random() < 0.5));
  };
  const make = async (side: Database) => {
    const characterSet = oneOf(['numeric', 'alphanumeric']) as string;
    const quantity = 1 + below(200);
    await order(side, ring, anyProduct(), { quantity, characterSet, sliceSize: SLICE_SIZE });
  };
  const remove = async (side: Database) => {
    const { id } = await order(side, ring, anyProduct(), { quantity: 100, sliceSize: SLICE_SIZE });
    await runOpenSlices(side);
    for (const batch of (await passing(deleteJobs(side, [id]))) ?? []) await removeChunks(side.pool, batch);
  };
  const encode = async (side: Database) => {
    const numbers = Array.from({ length: 20 }, () => below(300));
    await act(side, ring, oneOf(orders) as StoredOrder, {
      type: 'encodings',
      numbers: [...new Set(numbers)].sort((a, b) => a - b),
    });
  };
  let supplied = 0;
  const add = async (side: Database) => {
    const target = below(2);
    const codes = Array.from({ length: 10 }, () => `s${supplied++}`);
    await supply(side, ring, products[target] as NamespaceKey, codes, imports[target] as bigint);
  };
  const fill = async (side: Database) => {
    await replenish(side, ring, oneOf(rules) as string, { ...LIMITS, sliceSize: SLICE_SIZE });
  };
  let isOver = false;
  const meanwhile = async (work: (side: Database) => Promise<unknown>) => {
    while (!isOver) await work(oneOf(sides()) as Database);
  };
  const makers = [fill, fill, runOpenSlices, runOpenSlices].map(meanwhile);
  const users = [reserve, reserve, reserve, release, move, move, make, remove, encode, add];
  await Promise.all([retireKey(database, ring, 2), ...users.map((work) => again(20, work))]).finally(() => {
    isOver = true;
  });
  await Promise.all(makers);
  await finishAll(installation);
  expect(await faults(installation)).toEqual([]);
}, 120_000);

test('a request for several products waits for a batch without holding a later one', async () => {
  const { database } = installation;
  const [first, second] = [await installation.addProduct(), await installation.addProduct()];
  const earlier = await order(database, ring, second, { quantity: 10 });
  const later = await order(database, ring, first, { quantity: 10 });
  await runToTheEnd(database, ring, [...earlier.sliceJobs, ...later.sliceJobs]);
  const lock = 'SELECT 1 FROM batch WHERE id = $1 FOR NO KEY UPDATE NOWAIT';
  const holder = await database.pool.connect();
  let asked: Promise<string[]> | undefined;
  try {
    await holder.query('BEGIN');
    await holder.query(lock, [earlier.batchId]);
    asked = createReservations(database, [newReservation(first), newReservation(second)]);
    await until('the request waits', 10_000, async () => {
      const { rowCount } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rowCount !== 0;
    });
    await holder.query(lock, [later.batchId]);
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
  expect(await asked).toHaveLength(2);
  expect(await faults(installation)).toEqual([]);
});
