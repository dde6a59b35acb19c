import { type KeyRing, newResourceId, ValidationError } from '@codemint/shared';
import { createOrder, FIRST_ACCOUNT_ID, findOrder, keyedRequest, orderProgress } from '../src';
import { accept, allCodes, complete, generated, newOrder, productOf, supplied } from './ordersSupport';
import {
  allotmentState,
  LIMITS,
  orderJob,
  ringOf,
  runToTheEnd,
  storedCodes,
  useInstallation,
} from './support';

const installation = useInstallation();
let ring: KeyRing;

const state = () => allotmentState(installation.database.pool);

beforeAll(() => {
  ring = ringOf(1);
});

describe('a generated order', () => {
  it('is pending, goes on, and has its codes when it is completed', async () => {
    const { database } = installation;
    const namespace = await installation.addProduct();
    const made = await accept(
      database,
      ring,
      { product: productOf(namespace), codes: generated(2500) },
      1000,
    );
    expect(made.sliceJobs.map(({ queue, job, referenceId }) => [queue, job, referenceId])).toEqual(
      Array(3).fill(['adi-orders', made.id, 'PO-1']),
    );
    expect(made.registration).toBeNull();
    expect(await orderProgress(database.pool, made.id)).toEqual({
      state: 'pending',
      quantity: 2500,
      created: 0,
    });
    await runToTheEnd(database, ring, made.sliceJobs.slice(1, 2), { chunkSize: 300 });
    expect(await orderProgress(database.pool, made.id)).toEqual({
      state: 'in_progress',
      quantity: 2500,
      created: 1000,
    });
    const order = await complete(database, ring, made, 300);
    expect(order).toMatchObject({ state: 'completed', created: 2500, isSupplied: false, errorMessage: null });
    const { codes, numbers } = await allCodes(database, order);
    expect(codes).toEqual(await storedCodes(database.pool, order.batchId));
    expect(numbers).toEqual(codes.map((_, i) => i));
  });

  it('never has a code that a job of its GTIN has', async () => {
    const { database } = installation;
    const namespace = await installation.addProduct();
    const shape = { characterSet: 'N', length: 6, quantity: 60_000 } as const;
    const job = await orderJob(database, ring, { product: `/01/${namespace.key}`, ...shape, length: 8 });
    await runToTheEnd(database, ring, job.sliceJobs);
    const made = await accept(database, ring, {
      product: productOf(namespace),
      codes: generated(20_000, { characterSet: 'N', length: 8 }),
    });
    const order = await complete(database, ring, made);
    const all = [
      ...(await storedCodes(database.pool, job.batchId)),
      ...(await allCodes(database, order)).codes,
    ];
    expect(new Set(all).size).toBe(80_000);
  });

  it('with a short domain has a short id for each code, and makes the domain', async () => {
    const { database } = installation;
    const short = { domain: 'tn.example', defaultRedirectUrl: 'https://example.com/{shortId}' };
    const order = await complete(
      database,
      ring,
      await accept(database, ring, { short, codes: generated(500) }),
      70,
    );
    const { shortIds } = await allCodes(database, order);
    expect(shortIds).toEqual(await storedCodes(database.pool, order.shortBatchId as bigint));
    expect(new Set(shortIds).size).toBe(500);
    expect(shortIds?.every((id) => /^[2-9B-DF-HJ-NP-TV-XZb-df-hj-kmnp-tv-xz]{8}$/.test(id))).toBe(true);
    const again = await accept(database, ring, { short, codes: generated(1) });
    expect(again.sliceJobs).toHaveLength(2);
  });
});

describe('a refused order changes nothing', () => {
  it.each([
    ['too many', { codes: generated(20_001) }],
    ['a duplicate', { codes: supplied('a', 'a') }],
    ['an unusable prefix', { codes: generated(1, { prefix: '\u0007' }) }],
  ])('%s', async (_, overrides) => {
    const before = await state();
    await expect(accept(installation.database, ring, overrides)).rejects.toThrow(ValidationError);
    expect(await state()).toEqual(before);
  });

  it("another account's domain", async () => {
    const { database } = installation;
    const { id } = await database.prisma.account.create({ data: { account_name: 'Other' } });
    await database.prisma.domain.create({ data: { domain_name: 'other.example', account_id: id } });
    const before = await state();
    const short = { domain: 'other.example', defaultRedirectUrl: 'https://example.com' };
    await expect(accept(database, ring, { short })).rejects.toThrow('another account');
    expect(await state()).toEqual(before);
  });

  it('more than the space has left', async () => {
    const { database } = installation;
    const namespace = await installation.addProduct();
    const codes = generated(20_000, { characterSet: 'N', length: 8 });
    await accept(database, ring, { product: productOf(namespace), codes });
    await database.pool.query(
      `UPDATE pool SET next_index = space - 5 WHERE namespace_id = (SELECT id FROM namespace WHERE key = $1)`,
      [namespace.key],
    );
    const before = await state();
    await expect(accept(database, ring, { product: productOf(namespace), codes })).rejects.toMatchObject({
      issues: [{ field: 'idGeneration.quantity', rule: 'quantity', valid: 5 }],
    });
    expect(await state()).toEqual(before);
  });
});

describe('what an order refers to may be gone by then', () => {
  it.each(['product', 'project'])('a %s', async (field) => {
    const before = await state();
    const gone =
      field === 'product' ? { product: { id: '/01/00000000000000', gtin: null } } : { project: 'x' };
    await expect(
      accept(installation.database, ring, { ...gone, identifierKey: field }),
    ).rejects.toMatchObject({
      collection: 'adi_order',
      field,
    });
    expect(await state()).toEqual(before);
  });
});

describe('a repeated request with a key', () => {
  it('makes one order, however many come at once', async () => {
    const { database } = installation;
    const keyed = keyedRequest(FIRST_ACCOUNT_ID, newResourceId(), 'POST /adis/orders', {});
    const post = () => createOrder(database, ring, newOrder({ codes: generated(10) }), LIMITS, keyed);
    const first = await post();
    const second = await post();
    expect(second).toEqual({ id: first.id, sliceJobs: [], registration: null });
    expect(await findOrder(database.pool, first.id, FIRST_ACCOUNT_ID)).toBeDefined();
  });
});

it('orders of several kinds at once on new namespaces are all accepted', async () => {
  const { database } = installation;
  for (let round = 0; round < 5; round++) {
    const product = productOf(await installation.addProduct());
    const short = { domain: `round-${round}.example`, defaultRedirectUrl: 'https://example.com' };
    const made = await Promise.all(
      Array.from({ length: 4 }, (_, i) => [
        accept(database, ring, { product, short, codes: supplied(`id-${i}`) }),
        accept(database, ring, { product, short, codes: generated(10) }),
      ]).flat(),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(8);
  }
});
