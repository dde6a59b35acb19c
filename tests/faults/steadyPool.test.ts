import pg from 'pg';
import type { AppProcess } from '../support/appProcess';
import { describeBackends, POSTGRES } from '../support/backends';
import { Chance } from '../support/chance';
import { checkDatabase } from '../support/checkDatabase';
import { until } from '../support/until';
import { anyReservation, exportedCodes, type Reservation, reserve } from './reservations';
import { RECOVERY_MS, Scene } from './scene';

const SEED = 5;
const MINIMUM = 7_000;
const TARGET = 20_000;
const WORKERS = 3;

/** The hour, in seconds of the simulated clock; all callers of a step come at once. */
const HOUR_S = 3_600;
const STEP_S = 20;
const CALLERS = 3;
const MOST = 1_000;
/** How much time a caller lets pass who found too few codes. */
const WAIT_S = 5;
/** In steps: a worker is killed every so often, in the middle of a job of the rule, and the API. */
const WORKER_KILL_EVERY = 18;
const API_KILL_EVERY = 70;

interface Counts {
  [count: string]: number;
  jobs: number;
  made: number;
  reserved: number;
  unassigned: number;
}

// In the plans a rule keeps a stock with the queue on Redis too.
describeBackends('a product that a rule keeps in stock', [POSTGRES], (start) => {
  let scene: Scene;
  let database: pg.Pool;
  beforeEach(async () => {
    const environment = { CODEMINT_CHUNK_SIZE: '250', CODEMINT_SLICE_SIZE: '3000' };
    scene = await Scene.open(await start(), { workers: WORKERS, environment });
    database = new pg.Pool({ connectionString: scene.backend.connectionString, max: 4 });
    database.on('error', () => undefined);
  });
  afterEach(async () => {
    await database.end();
    await scene.close();
  });

  /** Moves the clock on: for the database, so much more time has passed since whatever it remembers the time of. */
  async function pass(seconds: number): Promise<void> {
    const step = [seconds];
    await database.query(`UPDATE schedule SET last_run = last_run - $1 * interval '1 second'`, step);
    await database.query(
      `UPDATE slice SET touched_at = touched_at - $1 * interval '1 second'
        WHERE id IN (SELECT id FROM slice WHERE state = 'open' ORDER BY id FOR UPDATE SKIP LOCKED)`,
      step,
    );
  }

  async function count<Row>(text: string): Promise<Row> {
    return (await database.query(text)).rows[0] as Row;
  }

  const stock = async () =>
    count<Counts>(
      `SELECT (SELECT count(*)::int FROM identifier_job) AS jobs,
              (SELECT sum(quantity_created)::int FROM batch) AS made,
              (SELECT sum(quantity_reserved)::int FROM code_reservation) AS reserved,
              (SELECT sum(unassigned)::int FROM batch) AS unassigned`,
    );

  /** Kills a worker while a job is being made, and starts another one. @returns false if it was over before that */
  async function killWorker(chance: Chance, isOver: () => boolean): Promise<boolean> {
    const isUnderWay = async () =>
      count<{ open: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM slice WHERE state = 'open' AND progress > 0) AS open`,
      );
    await until('a job is under way', RECOVERY_MS, async () => isOver() || (await isUnderWay()).open);
    if (isOver()) return false;
    const workers = scene.runningWorkers();
    await kill(chance.pick(workers));
    await scene.stack.startWorker();
    return true;
  }

  /** Kills the API whatever it is at, and starts it again at its address. */
  async function killApi(): Promise<void> {
    const api = scene.stack.processes.findLast(({ name }) => name.startsWith('api')) as AppProcess;
    await kill(api);
    await scene.stack.startApi({ PORT: new URL(scene.stack.url).port });
  }

  /** The hour: in each step several callers want codes at once; workers and the API are killed now and then. */
  async function liveThroughAnHour(chance: Chance) {
    const got: Reservation[] = [];
    const seen = { shortages: 0, workerKills: 0, apiKills: 0 };
    const onShortage = async () => {
      seen.shortages++;
      await pass(WAIT_S);
    };
    let isOver = false;
    // One after the other, beside the callers.
    let kills = Promise.resolve();
    for (let step = 1; step <= HOUR_S / STEP_S; step++) {
      await pass(STEP_S);
      if (step % WORKER_KILL_EVERY === 0) {
        kills = kills.then(async () => {
          if (await killWorker(chance, () => isOver)) seen.workerKills++;
        });
      }
      if (step % API_KILL_EVERY === 0) {
        seen.apiKills++;
        kills = kills.then(killApi);
      }
      const wanted = Array.from({ length: CALLERS }, () => anyReservation(chance, MOST));
      const answers = wanted.map((one) => reserve(scene.api, scene.product, one, onShortage));
      got.push(...(await Promise.all(answers)));
    }
    isOver = true;
    await kills;
    return { got, seen };
  }

  /** Waits until nothing is under way and the rule has nothing to do. */
  async function untilSteady(): Promise<void> {
    await until('the stock is steady', RECOVERY_MS, async () => {
      await pass(WAIT_S);
      const { level, open } = await count<{ level: number; open: number }>(
        `SELECT sum(unassigned)::int AS level, count(*) FILTER (WHERE status <> 'complete')::int AS open FROM batch`,
      );
      return level >= MINIMUM && open === 0;
    });
  }

  test(
    `survives an hour of reservations with workers killed (seed ${SEED})`,
    async () => {
      const startedAt = Date.now();
      const rule = { product: scene.product, minimum: MINIMUM, target: TARGET };
      const { id } = await scene.api.data<{ id: string }>('POST', '/items/replenishment_rule', rule);
      const { got, seen } = await liveThroughAnHour(new Chance(SEED));
      await untilSteady();
      const tookMs = Date.now() - startedAt;

      // Every caller has his reservation, once, with all that he asked for.
      expect(got).toHaveLength((HOUR_S / STEP_S) * CALLERS);
      expect(await count('SELECT count(*)::int AS count FROM code_reservation')).toEqual({
        count: got.length,
      });
      for (const { status, quantity, allow_partial, quantity_reserved } of got) {
        expect(status).toBe('complete');
        if (!allow_partial) expect(quantity_reserved).toBe(quantity);
        expect(quantity_reserved).toBeGreaterThan(0);
        expect(quantity_reserved).toBeLessThanOrEqual(quantity);
      }

      const counts = await stock();
      process.stderr.write(
        `steady pool, an hour in ${Math.round(tookMs / 1000)} s on ${scene.stack.processes.length} processes: ` +
          `${JSON.stringify({ reservations: got.length, ...counts, ...seen })}\n`,
      );
      expect(counts.unassigned).toBeGreaterThanOrEqual(MINIMUM);
      expect(counts.unassigned).toBeLessThanOrEqual(TARGET);
      expect(counts.reserved + counts.unassigned).toBe(counts.made);
      expect(counts.reserved).toBe(got.reduce((sum, one) => sum + one.quantity_reserved, 0));
      expect(counts.reserved).toBeGreaterThan(5 * TARGET);
      expect(seen.workerKills).toBeGreaterThan(3);
      expect(await scene.api.data('GET', `/items/replenishment_rule/${id}`)).toMatchObject({
        status: 'active',
        error_message: null,
      });

      // No code is in two reservations: by the database, and by the files.
      expect(
        await count(
          `SELECT coalesce(sum(upper(part) - lower(part)), 0)::int AS distinct
             FROM (SELECT batch_id, range_agg(places) AS places FROM code_status WHERE reservation > 0 GROUP BY 1) AS s
            CROSS JOIN unnest(s.places) AS part`,
        ),
      ).toEqual({ distinct: counts.reserved });
      const exported = new Set<string>();
      const left = [...got];
      const readFiles = async () => {
        for (let one = left.pop(); one !== undefined; one = left.pop()) {
          const codes = await exportedCodes(scene.api, one);
          expect(codes).toHaveLength(one.quantity_reserved);
          for (const code of codes) exported.add(code);
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, readFiles));
      expect(exported.size).toBe(counts.reserved);
      const { jobs, made } = counts;
      expect(await checkDatabase(scene.backend.connectionString)).toEqual({
        jobs,
        orders: 0,
        codes: made,
        distinctCodes: made,
      });
    },
    3 * RECOVERY_MS,
  );
});

async function kill(one: AppProcess): Promise<void> {
  one.signal('SIGKILL');
  expect(await one.ended).toBe('SIGKILL');
}
