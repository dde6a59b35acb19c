import { RestoredDatabaseError } from '@codemint/shared';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import {
  afterClone,
  afterRestore,
  bootstrap,
  createReservations,
  type Database,
  isHome,
  moveCodes,
  type NamespaceKey,
  registerWaitingOrders,
  setFinishedAside,
  stockOf,
} from '../src';
import { accept, complete, productOf, supplied } from './ordersSupport';
import { newReservation } from './reservationsSupport';
import { type Given, give, giveAny, type Restored, restoredAfter, ring } from './restoreSupport';
import { addProduct, gtinOf, orderJob, ringOf, runToTheEnd, supply } from './support';

const MARGIN = { pools: 60_000, ssccs: 1_000 };
const PRODUCTS = [1, 2, 3].map((number): NamespaceKey => ({ kind: 'sgtin', key: gtinOf(number) }));
const [KNOWN, NEW, OTHER] = PRODUCTS as [NamespaceKey, NamespaceKey, NamespaceKey];

async function addProducts(database: Database): Promise<void> {
  for (const number of [1, 2, 3]) await addProduct(database, number);
}

/** As the command does it. */
async function recover(database: Database, margins = MARGIN) {
  await registerWaitingOrders(database, ring);
  return afterRestore(database, ring, margins, false);
}

function expectNone(codes: readonly string[], lost: readonly Given[]): void {
  expect(new Set(codes).size).toBe(codes.length);
  const given = new Set(lost.flatMap((one) => one.codes));
  expect(codes.filter((code) => given.has(code))).toEqual([]);
}

describe('after a restore', () => {
  let restored: Restored<Given[]>;
  let waiting: Given;
  let order: string;

  beforeAll(async () => {
    restored = await restoredAfter(
      async (database) => {
        await addProducts(database);
        waiting = await give(database, KNOWN, { quantity: 1_000 });
        await giveAny(database, { type: 'sscc', ssccCompanyPrefix: '0931234', quantity: 50 });
        await orderJob(database, ring, { product: `/01/${OTHER.key}`, quantity: 30, length: 8 });
        const ids = { ...supplied('11111111', '2222'), product: productOf(OTHER) };
        order = (await accept(database, ring, { codes: supplied('1111', '2222'), product: ids.product })).id;
      },
      async (database) => [
        await give(database, KNOWN, { quantity: 20_000 }),
        await give(database, KNOWN, { characterSet: 'GS1-36w', quantity: 60_000 }),
        await give(database, KNOWN, { epc: 'sgtin-96', quantity: 40_000 }),
        await give(database, NEW, { quantity: 50_000 }),
        await giveAny(database, { type: 'sscc', ssccCompanyPrefix: '0931234', quantity: 700 }),
        await giveAny(database, { type: 'sscc', ssccCompanyPrefix: '5412345', quantity: 800 }),
      ],
    );
  });

  afterAll(() => restored.close());

  test('nothing is given out, in a process that starts and in one that runs', async () => {
    const { database } = restored;
    await bootstrap(database);
    expect(await isHome(database.pool)).toBe(false);
    const move = { batchId: waiting.batchId, isSupplied: false, places: [0], status: 'encoded' } as const;
    const attempts = [
      () => give(database, KNOWN, { quantity: 1 }),
      () => give(database, NEW, { quantity: 1 }),
      () => giveAny(database, { type: 'sscc', ssccCompanyPrefix: '0931234', quantity: 1 }),
      () => supply(database, ring, KNOWN, ['x']),
      () => accept(database, ring, { codes: supplied('y') }),
      () => createReservations(database, [newReservation(KNOWN)]),
      () => moveCodes(database, [move], false),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(RestoredDatabaseError);
  });

  test('what waits is done, and nothing of the lost time is given out again', async () => {
    const { database, lost } = restored;
    expect(await recover(database)).toMatchObject({
      pools: 2,
      full: [],
      newPoolStart: MARGIN.pools,
      newSsccStart: MARGIN.ssccs,
      fullSsccs: [],
      setAside: [{ product: `/01/${KNOWN.key}`, domain: null, quantity: 1_000 }],
      unfinished: 1,
    });
    expect(await isHome(database.pool)).toBe(true);
    expect(await recover(database)).toBeUndefined();

    const [numeric, others, epc, ofNew, ...ssccs] = lost as [Given, Given, Given, Given];
    // Of the digits that are an EPC one in twenty was given out, of the product's six digits one in ten.
    const lostOfKnown = [numeric, others, epc];
    expectNone((await give(database, KNOWN, { quantity: 50_000 })).codes, lostOfKnown);
    expectNone((await give(database, KNOWN, { epc: 'sgtin-96', quantity: 20_000 })).codes, lostOfKnown);
    expectNone((await give(database, KNOWN, { characterSet: 'N', quantity: 10_000 })).codes, lostOfKnown);
    expectNone((await give(database, NEW, { quantity: 20_000 })).codes, [ofNew]);
    expectNone((await give(database, NEW, { epc: 'sgtin-96', quantity: 50_000 })).codes, [ofNew]);
    for (const prefix of ['0931234', '5412345']) {
      const given = await giveAny(database, { type: 'sscc', ssccCompanyPrefix: prefix, quantity: 5_000 });
      expectNone(given.codes, ssccs);
      expect(lost.map(({ batchId }) => batchId)).not.toContain(given.batchId);
    }
    const early = { type: 'sscc', ssccCompanyPrefix: '5412345', quantity: 1, ssccStartSerial: 10n } as const;
    await expect(giveAny(database, early)).rejects.toThrow('The next start that would do is 6000.');
  });

  test('what was interrupted ends, and its codes and those in stock are nobody’s to take', async () => {
    const { database, connectionString } = restored;
    const stock = {
      namespace: KNOWN,
      accountId: newReservation(KNOWN).accountId,
      characterSet: null,
      length: null,
    };
    const { rows } = await database.pool.query('SELECT id::text AS id FROM slice WHERE state = $1', ['open']);
    await runToTheEnd(
      database,
      ring,
      rows.map(({ id }) => ({ sliceId: id }) as never),
    );
    expect(await stockOf(database.pool, { ...stock, namespace: OTHER })).toEqual({
      unassigned: 0,
      underWay: 0,
    });
    await setFinishedAside(database);
    expect(await stockOf(database.pool, { ...stock, namespace: OTHER })).toEqual({
      unassigned: 0,
      underWay: 0,
    });
    const { rows: reservations } = await database.pool.query(
      `SELECT product, quantity_reserved, reserved_for FROM code_reservation ORDER BY number`,
    );
    const reserved_for = expect.stringMatching(/^set aside after the restore of 20\S+Z$/);
    expect(reservations).toEqual([
      { product: `/01/${KNOWN.key}`, quantity_reserved: 1_000, reserved_for },
      { product: `/01/${OTHER.key}`, quantity_reserved: 30, reserved_for },
    ]);
    const done = await complete(database, ring, { id: order, sliceJobs: [], registration: null });
    expect(done).toMatchObject({ state: 'completed', created: 2 });
    await checkDatabase(connectionString);
  });

  test('a second restore adds to the first', async () => {
    const { database } = restored;
    await database.pool.query(`UPDATE installation SET timeline = timeline + 1`);
    await expect(give(database, OTHER, { quantity: 1 })).rejects.toBeInstanceOf(RestoredDatabaseError);
    const outcome = await recover(database, { pools: 940_000, ssccs: 10 });
    expect(outcome).toMatchObject({ newPoolStart: 1_000_000, newSsccStart: 1_010 });
    const refused =
      'Since the database was restored, 1000000 of each space are set aside: they may have been given out ' +
      'before. Length 7 would do.';
    await expect(give(database, OTHER, { quantity: 1 })).rejects.toThrow(refused);
    expect((await give(database, OTHER, { quantity: 9, length: 7 })).codes).toHaveLength(9);
  });
});

test('pools that are too small for the margin are named', async () => {
  const restored = await restoredAfter(
    async (database) => {
      await addProducts(database);
      await give(database, KNOWN, { quantity: 10 });
      await giveAny(database, { type: 'sscc', ssccCompanyPrefix: '093123456789', quantity: 10 });
    },
    async () => undefined,
  );
  try {
    expect(await recover(restored.database, { pools: 1_000_000, ssccs: 10_000 })).toMatchObject({
      full: [{ kind: 'sgtin', key: KNOWN.key, length: 6, left: 999_990 }],
      fullSsccs: [{ extensionDigit: 0, companyPrefix: '093123456789' }],
    });
    await expect(give(restored.database, KNOWN, { quantity: 1 })).rejects.toThrow(
      'only 0 are left in this space',
    );
  } finally {
    await restored.close();
  }
});

test('a copy for staging needs a master key of its own, and makes its codes with that', async () => {
  const restored = await restoredAfter(
    async (database) => {
      await addProducts(database);
      await give(database, KNOWN, { quantity: 10 });
    },
    (database) => give(database, KNOWN, { quantity: 1_000 }),
  );
  const { database, lost } = restored;
  try {
    await expect(afterClone(database, ring, false)).rejects.toThrow('add "2:<base64 of 32 bytes>"');
    const own = ringOf(1, 2);
    expect(await afterClone(database, own, false)).toEqual({ retired: [1], version: 2 });
    expect(await afterClone(database, own, false)).toBeUndefined();
    const { batchId } = await orderJob(database, own, { product: `/01/${KNOWN.key}`, quantity: 1_000 });
    const { rows } = await database.pool.query(
      'SELECT p.key_version AS version FROM batch b JOIN pool p ON p.id = b.pool_id WHERE b.id = $1',
      [batchId],
    );
    expect(rows).toEqual([{ version: 2 }]);
    expect(lost.codes).toHaveLength(1_000);
  } finally {
    await restored.close();
  }
});
