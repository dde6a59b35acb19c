import { type EventJob, KeyReusedError, newResourceId } from '@codemint/shared';
import {
  claimStaleEvents,
  createEvent,
  eventNumbers,
  failEvent,
  findEvent,
  keyedRequest,
  nextEventAttempts,
  performEvent,
  type StoredOrder,
  unactedNumbers,
} from '../src';
import { acceptEvent, newEvent } from './eventsSupport';
import { accept, complete } from './ordersSupport';
import { ringOf, useInstallation } from './support';

const IDLE_MS = 60_000;
const OWNER = '00000000-0000-4000-8000-0000000000ad';
const ring = ringOf(1, 2);
const installation = useInstallation('test');
let order: StoredOrder;

beforeEach(async () => {
  const { database } = installation;
  order = await complete(database, ring, await accept(database, ring));
});

const add = (overrides = {}) => acceptEvent(installation.database, ring, order, overrides);
const find = (id: string, orderId = order.id) => findEvent(installation.database.pool, orderId, id);

describe('an accepted event', () => {
  test('waits, and has all that was sent', async () => {
    const sent = newEvent(order, {
      type: '_checks',
      metadata: { type: '_checks', location: { latitude: 1.5 }, tags: ['é'] },
      numbers: [7, 0, 3],
      customFields: { shift: 2 },
      identifiers: { erp: 'E1' },
      tags: ['a', 'b'],
    });
    const { id, job } = await createEvent(installation.database, ring, sent);
    expect(id).toBe(sent.id);
    expect(job).toEqual({ event: id, order: order.id, purchaseOrder: 'PO-1', attempt: 0 });
    const stored = await find(id);
    expect(stored).toEqual({
      id,
      number: expect.any(BigInt),
      orderId: order.id,
      dateCreated: expect.any(Date),
      dateUpdated: stored?.dateCreated,
      type: '_checks',
      metadata: sent.metadata,
      requested: 3,
      acted: null,
      state: 'pending',
      isFailed: false,
      errorMessage: null,
      customFields: { shift: 2 },
      identifiers: { erp: 'E1' },
      tags: ['a', 'b'],
      keyVersion: 2,
    });
    expect(await eventNumbers(installation.database.pool, id)).toEqual([7, 0, 3]);
    expect(await unactedNumbers(installation.database.pool, id)).toEqual([]);
  });

  test('is its order’s alone', async () => {
    const { event } = await add();
    expect(await find(event, newResourceId())).toBeUndefined();
    expect(await find(newResourceId())).toBeUndefined();
    expect(await eventNumbers(installation.database.pool, newResourceId())).toEqual([]);
  });

  test('is made once, however often its keyed request comes', async () => {
    const keyed = keyedRequest(OWNER, 'key', 'POST /events', { type: 'scans' });
    const make = (request = keyed) => createEvent(installation.database, ring, newEvent(order), request);
    const first = await make();
    expect(first.job?.event).toBe(first.id);
    expect(await make()).toEqual({ id: first.id, job: null });
    await expect(make(keyedRequest(OWNER, 'key', 'POST /events', { type: 'shares' }))).rejects.toThrow(
      KeyReusedError,
    );
    const { rows } = await installation.database.pool.query('SELECT id FROM adi_order_event');
    expect(rows).toEqual([{ id: first.id }]);
  });

  test('that fails is completed without an action, and stays so', async () => {
    const { pool } = installation.database;
    const { event } = await add({ numbers: [2, 1] });
    await failEvent(pool, event, 'The key is missing.');
    const failed = await find(event);
    expect(failed).toMatchObject({
      state: 'completed',
      isFailed: true,
      acted: null,
      errorMessage: 'The key is missing.',
    });
    expect(await unactedNumbers(pool, event)).toEqual([1, 2]);
    await performEvent(installation.database, event);
    await failEvent(pool, event, 'Again.');
    expect(await find(event)).toEqual(failed);
  });
});

describe('the sweep', () => {
  const age = () =>
    installation.database.pool.query(`UPDATE adi_order_event SET touched_at = now() - interval '61 s'`);
  const claim = (limit = 100) => claimStaleEvents(installation.database.pool, IDLE_MS, limit);
  const ids = (jobs: readonly EventJob[]) => jobs.map(({ event }) => event).sort();

  test('takes waiting events that nobody has touched for long, once', async () => {
    const jobs = [await add(), await add(), await add()];
    expect(await claim()).toEqual([]);
    await age();
    expect(ids(await claim(2))).toEqual(ids(jobs.slice(0, 2)));
    const rest = await claim();
    expect(rest).toEqual([jobs[2]]);
    expect(await claim()).toEqual([]);
  });

  test('by many at once takes each event once, and none that is being performed', async () => {
    const jobs: EventJob[] = [];
    for (let i = 0; i < 9; i++) jobs.push(await add());
    await age();
    const holder = await installation.database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM adi_order_event WHERE id = $1 FOR UPDATE', [jobs[0]?.event]);
    const claims = await Promise.all([1, 2, 3, 4].map(() => claim(3)));
    await holder.query('ROLLBACK');
    holder.release();
    const claimed = ids(claims.flat());
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed).not.toContain(jobs[0]?.event);
  });

  test('passes over events that are over, which get no further queue job', async () => {
    const { database } = installation;
    const [done, failed, waiting] = [await add(), await add(), await add()];
    await performEvent(database, done.event);
    await failEvent(database.pool, failed.event, 'no');
    await age();
    expect(await claim()).toEqual([waiting]);
    const jobs = [done, failed, waiting];
    expect(await nextEventAttempts(database.pool, jobs)).toEqual([{ ...waiting, attempt: 1 }]);
    expect(await nextEventAttempts(database.pool, jobs)).toEqual([{ ...waiting, attempt: 2 }]);
    expect(await nextEventAttempts(database.pool, [])).toEqual([]);
  });
});
