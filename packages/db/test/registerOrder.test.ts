import type { KeyRing } from '@codemint/shared';
import {
  claimStaleRegistrations,
  failOrder,
  findOrder,
  nextRegistrationAttempts,
  readOrderCodes,
  registerOrder,
  type StoredOrder,
} from '../src';
import { importLines } from './importSupport';
import { accept, allCodes, complete, productOf, supplied } from './ordersSupport';
import { orderJob, ringOf, runToTheEnd, storedCodes, useInstallation } from './support';

const installation = useInstallation();
let ring: KeyRing;

beforeAll(() => {
  ring = ringOf(1);
});

describe('supplied ids', () => {
  it("are the order's, in the order in which they came", async () => {
    const { database } = installation;
    const made = await accept(database, ring, { codes: supplied('c', 'a', 'ö') });
    expect(made).toMatchObject({ sliceJobs: [], registration: { order: made.id, attempt: 0 } });
    expect(await findOrder(database.pool, made.id, null)).toMatchObject({ state: 'pending', created: 0 });
    const order = await complete(database, ring, made);
    expect(order).toMatchObject({
      state: 'completed',
      created: 3,
      quantity: 3,
      isSupplied: true,
      refused: null,
    });
    expect(await allCodes(database, order)).toEqual({
      numbers: [0, 1, 2],
      codes: ['c', 'a', 'ö'],
      shortIds: null,
    });
  });

  it('have the short ids of their numbers', async () => {
    const { database } = installation;
    const short = { domain: 'supplied.example', defaultRedirectUrl: 'https://example.com' };
    await complete(database, ring, await accept(database, ring, { codes: supplied('short-b') }));
    const codes = supplied('short-a', 'short-b', 'short-c');
    const order = await complete(database, ring, await accept(database, ring, { codes, short }));
    const shortIds = await storedCodes(database.pool, order.shortBatchId as bigint);
    expect(await allCodes(database, order)).toEqual({
      numbers: [0, 2],
      codes: ['short-a', 'short-c'],
      shortIds: [shortIds[0], shortIds[2]],
    });
    expect([...(await readOrderCodes(database.pool, order, [1, 2, 3]))]).toEqual([
      [2, { code: 'short-c', shortId: shortIds[2] }],
    ]);
  });

  it('are refused one by one where somebody has them', async () => {
    const { database } = installation;
    const namespace = await installation.addProduct();
    const product = productOf(namespace);
    const job = await orderJob(database, ring, { product: product.id, quantity: 100 });
    await runToTheEnd(database, ring, job.sliceJobs);
    const [generated = ''] = await storedCodes(database.pool, job.batchId);
    await importLines(database, ring, [{ code: 'imported', product: product.id }]);
    const earlier = await complete(
      database,
      ring,
      await accept(database, ring, { product, codes: supplied('x', 'y') }),
    );
    expect(earlier.refused).toBeNull();
    const codes = supplied('new', 'y', generated, 'newer', 'imported');
    const order = await complete(database, ring, await accept(database, ring, { product, codes }));
    expect(order).toMatchObject({ state: 'completed', created: 2, errorMessage: null });
    expect(order.refused).toEqual({ taken: [1, 2], imported: [4] });
    expect((await allCodes(database, order)).codes).toEqual(['new', 'newer']);
  });

  it('can all be refused', async () => {
    const { database } = installation;
    const codes = supplied('all-1', 'all-2');
    await complete(database, ring, await accept(database, ring, { codes }));
    const order = await complete(database, ring, await accept(database, ring, { codes }));
    expect(order).toMatchObject({ state: 'completed', created: 0, refused: { taken: [0, 1] } });
  });

  it('of two accounts without a product do not meet', async () => {
    const { database } = installation;
    const { id } = await database.prisma.account.create({ data: { account_name: 'Other' } });
    const codes = supplied('same');
    await complete(database, ring, await accept(database, ring, { codes }));
    const order = await complete(database, ring, await accept(database, ring, { codes, accountId: id }));
    expect(order.created).toBe(1);
  });
});

describe('registering', () => {
  it('twice, also at once, is registering once', async () => {
    const { database } = installation;
    const made = await accept(database, ring, { codes: supplied('once-1', 'once-2') });
    await Promise.all([1, 2, 3].map(() => registerOrder(database, ring, made.id)));
    await registerOrder(database, ring, made.id);
    const order = (await findOrder(database.pool, made.id, null)) as StoredOrder;
    expect(order).toMatchObject({ created: 2, refused: null, state: 'completed' });
  });

  it('of rivals at once gives each id to one of them', async () => {
    const { database } = installation;
    const ids = Array.from({ length: 500 }, (_, i) => `rival-${i}`);
    const made = await Promise.all(
      [0, 1, 2].map((turn) =>
        accept(database, ring, { codes: supplied(...ids.slice(turn * 100), ...ids.slice(0, turn * 100)) }),
      ),
    );
    const orders = await Promise.all(made.map((one) => complete(database, ring, one)));
    const owned = (await Promise.all(orders.map((order) => allCodes(database, order)))).flatMap(
      ({ codes }) => codes,
    );
    expect(owned.sort()).toEqual([...ids].sort());
  });

  it('that cannot be ends the order with the reason', async () => {
    const { database } = installation;
    const { id } = await accept(database, ring, { codes: supplied('lost-1', 'lost-2') });
    await failOrder(database.pool, id, 'The master key is missing.');
    const order = (await findOrder(database.pool, id, null)) as StoredOrder;
    expect(order).toMatchObject({
      state: 'completed',
      created: 0,
      refused: null,
      errorMessage: 'The master key is missing.',
    });
    await registerOrder(database, ring, id);
    expect(await findOrder(database.pool, id, null)).toEqual(order);
  });

  it('is found again where the queue has lost it', async () => {
    const { database } = installation;
    const { id } = await accept(database, ring, { codes: supplied('stale') });
    const touch = (age: string) =>
      database.pool.query(`UPDATE adi_order SET touched_at = now() - $2::interval WHERE id = $1`, [id, age]);
    const claim = async () =>
      (await claimStaleRegistrations(database.pool, 15_000, 100)).filter(({ order }) => order === id);
    expect(await claim()).toEqual([]);
    await touch('1 minute');
    const [stale] = await claim();
    expect(stale).toEqual({ order: id, purchaseOrder: 'PO-1', attempt: 0 });
    expect(await claim()).toEqual([]);
    expect(await nextRegistrationAttempts(database.pool, [stale as never])).toEqual([
      { ...stale, attempt: 1 },
    ]);
    await registerOrder(database, ring, id);
    await touch('1 minute');
    expect(await claim()).toEqual([]);
  });
});
