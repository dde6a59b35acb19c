import { readBacklog, readFullest } from '../src';
import { order, ringOf, useProduct } from './support';

const { installation, namespace } = useProduct('test');

const LIMIT_MS = 2_000;
const numeric = { length: 6, characterSet: 'numeric' };

test('the backlog tells what waits, what is under way, what has failed, and what is so for long', async () => {
  const { database } = installation;
  const { pool } = database;
  expect(await readBacklog(pool, LIMIT_MS)).toEqual({
    slicesWaiting: 0,
    slicesStarted: 0,
    slicesFailed: 0,
    oldestWaitingSeconds: 0,
    batchesInError: 0,
    rulesUnmet: 0,
    isHome: true,
  });
  const ring = ringOf(1);
  for (const quantity of [10, 20, 30, 40]) await order(database, ring, namespace, { quantity });
  const age = (seconds: number, quantity: number) =>
    pool.query(`UPDATE batch SET date_created = now() - $1 * interval '1 second' WHERE quantity = $2`, [
      seconds,
      quantity,
    ]);
  await age(500, 10);
  await age(100, 20);
  const of = (quantity: number) => `WHERE batch_id = (SELECT id FROM batch WHERE quantity = ${quantity})`;
  await pool.query(`UPDATE slice SET progress = 1 ${of(10)}`);
  await pool.query(`UPDATE slice SET state = 'failed' ${of(40)}`);
  await pool.query(`UPDATE batch SET status = 'error', error_message = 'broken' WHERE quantity = 40`);
  const backlog = await readBacklog(pool, LIMIT_MS);
  expect(backlog).toMatchObject({ slicesWaiting: 2, slicesStarted: 1, slicesFailed: 1, batchesInError: 1 });
  expect(Math.round(backlog.oldestWaitingSeconds / 10)).toBe(10);
});

test('the fullest shapes count what all versions of the key have made', async () => {
  const { database } = installation;
  const ask = (versions: number[], quantity: number, more: object) =>
    order(database, ringOf(...versions), namespace, { quantity, ...more });
  await ask([1], 30_000, numeric);
  await ask([1, 2], 20_000, numeric);
  await ask([1], 1_000, { length: 7, characterSet: 'numeric' });
  const { shapes, databaseBytes } = await readFullest(database.pool, { count: 20, limitMs: LIMIT_MS });
  expect(shapes.map(({ kind, length }) => [kind, length])).toEqual([
    ['sgtin', 6],
    ['sgtin', 7],
  ]);
  // Numbers of the second version that the first had made are skipped, and count.
  expect(shapes[0]?.ratio).toBeCloseTo(0.05, 2);
  expect(shapes[1]?.ratio).toBe(0.0001);
  expect(databaseBytes).toBeGreaterThan(1e6);
  const one = await readFullest(database.pool, { count: 1, limitMs: LIMIT_MS });
  expect(one.shapes).toEqual(shapes.slice(0, 1));
});
