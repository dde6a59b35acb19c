import type { KeyRing } from '@codemint/shared';
import { numbersOfIds, readCodeAt, readOrderCodes, type StoredOrder } from '../src';
import { placesOfNumbers } from '../src/orders/ordinals';
import { accept, allCodes, complete, generated, productOf, supplied } from './ordersSupport';
import { cipherOf, codesAt, ringOf, supply, useInstallation } from './support';

const installation = useInstallation();
let ring: KeyRing;

beforeAll(() => {
  ring = ringOf(1);
});

describe('an order whose pool had to skip codes', () => {
  const skipped = [0, 1, 7, 29, 30, 31, 99];
  let order: StoredOrder;

  beforeAll(async () => {
    const { database } = installation;
    const namespace = await installation.addProduct();
    await supply(database, ring, namespace, codesAt(cipherOf(namespace, { length: 8 }), skipped));
    const codes = generated(100, { characterSet: 'N' });
    const short = { domain: 'skips.example', defaultRedirectUrl: 'https://example.com' };
    order = await complete(
      database,
      ring,
      await accept(database, ring, { product: productOf(namespace), codes, short }),
      30,
    );
  });

  it('numbers its codes without holes', async () => {
    const { codes, numbers, shortIds } = await allCodes(installation.database, order);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(new Set(codes).size).toBe(100);
    expect(shortIds).toHaveLength(100);
  });

  it('goes on from any number', async () => {
    const { database } = installation;
    const all = await allCodes(database, order);
    for (const from of [1, 29, 30, 77, 99, 100]) {
      expect(await allCodes(database, order, from)).toEqual({
        numbers: all.numbers.slice(from),
        codes: all.codes.slice(from),
        shortIds: all.shortIds?.slice(from),
      });
    }
  });

  it('gives single codes by number, with their short ids', async () => {
    const { codes, shortIds } = await allCodes(installation.database, order);
    const found = await readOrderCodes(installation.database.pool, order, [99, 0, 42, 100]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries([0, 42, 99].map((n) => [n, { code: codes[n], shortId: shortIds?.[n] }])),
    );
  });

  it('knows the number of each code, and where in its batch it stands', async () => {
    const { pool } = installation.database;
    const { codes, numbers } = await allCodes(installation.database, order);
    expect(await numbersOfIds(pool, order, ['foreign', ...codes])).toEqual([undefined, ...numbers]);
    const places = await placesOfNumbers(pool, order, numbers);
    expect(places.some((place, number) => place !== number)).toBe(true);
    for (const [number, place] of places.entries()) {
      expect((await readCodeAt(pool, order.batchId, place))?.code).toBe(codes[number]);
    }
  });
});

it('numbers of supplied ids include refused ones', async () => {
  const { database } = installation;
  await complete(database, ring, await accept(database, ring, { codes: supplied('b') }));
  const codes = supplied('a', 'b', 'c');
  const order = await complete(database, ring, await accept(database, ring, { codes }));
  expect(await numbersOfIds(database.pool, order, ['c', 'b', 'x'])).toEqual([2, 1, undefined]);
  expect((await allCodes(database, order, 1)).codes).toEqual(['c']);
});
