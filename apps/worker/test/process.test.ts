import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@codemint/db';
import { type AppProcess, startAppProcess } from '../../../tests/support/appProcess';
import { checkDatabase } from '../../../tests/support/checkDatabase';
import { startOwnPostgres } from '../../../tests/support/ownPostgres';
import { createEmptyDatabase, createTestDatabase } from '../../../tests/support/postgres';
import { query } from '../../../tests/support/sql';
import { until } from '../../../tests/support/until';
import { enqueue, newMasterKeys, SLICE_SIZE, Workshop } from './support';

/** So small that the slice takes a while. */
const SLOW_CHUNKS = 2;

describe('a worker process', () => {
  const processes: AppProcess[] = [];
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'codemint-worker-test-'));
  });
  afterEach(() => Promise.all(processes.splice(0).map((one) => one.stop())));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function start(databaseUrl: string, settings: Record<string, string> = {}): AppProcess {
    const environment = {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: databaseUrl,
      CODEMINT_MASTER_KEYS: newMasterKeys(),
      CODEMINT_ADMIN_TOKEN: 'of no use for a worker',
      ...settings,
    };
    const started = startAppProcess(
      'worker',
      `worker-${expect.getState().currentTestName?.replace(/\W+/g, '-')}-${processes.length}`,
      folder,
      environment,
    );
    processes.push(started);
    return started;
  }

  const untilLogged = (worker: AppProcess, text: string | RegExp) =>
    until(`the worker logs ${text}`, 20_000, () => worker.log().match(text) !== null);

  test('told to stop ends the chunk at hand and gives the rest to another at once', async () => {
    const workshop = await Workshop.open();
    try {
      const settings = {
        CODEMINT_MASTER_KEYS: workshop.masterKeys,
        CODEMINT_CHUNK_SIZE: String(SLOW_CHUNKS),
        WORKER_CONCURRENCY: '1',
      };
      const worker = start(workshop.backend.connectionString, settings);
      await untilLogged(worker, '"msg":"working"');
      const job = await workshop.accept({ quantity: SLICE_SIZE });
      const { queue } = workshop.context();
      await enqueue(queue, job.sliceJobs);
      const progress = async () => (await workshop.slices(job.batchId))[0]?.progress as number;
      await until('it has begun', 10_000, async () => (await progress()) > 0);
      worker.signal('SIGTERM');
      expect(await worker.ended).toBe(0);

      const left = await progress();
      expect(left % SLOW_CHUNKS).toBe(0);
      expect(left).toBeLessThan(SLICE_SIZE);
      expect(worker.log()).toMatch(/"msg":"stopped"\}\n$/);
      // Not after the ten seconds in which the lock of a worker that died runs out.
      expect(await queue.jobState(job.sliceJobs[0] as (typeof job.sliceJobs)[0])).toBe('prioritized');
      const next = start(workshop.backend.connectionString, settings);
      await untilLogged(next, '"msg":"working"');
      await until('the other goes on', 3000, async () => (await progress()) > left);
      await workshop.untilBatch(job.batchId, 'complete');
      await checkDatabase(workshop.backend.connectionString);
    } finally {
      await workshop.close();
    }
  });

  test('tells an orchestrator whether it lives and whether it is ready', async () => {
    const server = await startOwnPostgres();
    try {
      const worker = start(server.connectionString, { WORKER_HEALTH_PORT: '0' });
      const url = await healthUrl(worker);
      expect(await read(`${url}/live`)).toEqual([200, 'live']);
      expect(await read(`${url}/ready`)).toEqual([503, 'not ready: waits for the database']);
      expect(await read(`${url}/else`)).toEqual([404, 'not found']);
      await migrate(server.connectionString);
      await until('ready', 10_000, async () => (await read(`${url}/ready`))[0] === 200);
      await server.crash();
      const [status, text] = await read(`${url}/ready`);
      expect(status).toBe(503);
      expect(text).toMatch(/^not ready: \S/);
      expect(await read(`${url}/live`)).toEqual([200, 'live']);
      await server.restart();
      await until('ready again', 20_000, async () => (await read(`${url}/ready`))[0] === 200);
    } finally {
      await Promise.all(processes.map((one) => one.stop()));
      await server.stop();
    }
  });

  test.each([
    ['WORKER_CONCURRENCY', '0', 'WORKER_CONCURRENCY must be a whole number from 1 to 64'],
    [
      'DATABASE_URL',
      '',
      'DATABASE_URL is required here; "npm start" makes one by itself, a single app does not',
    ],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent'],
  ])('with a wrong %s it says so in one line and ends', async (name, value, line) => {
    const worker = start('postgres://127.0.0.1:1/none', { [name]: value });
    expect(await worker.ended).toBe(1);
    expect(worker.log()).toBe(`codemint worker: ${line}\n`);
  });

  test('waits for an older schema', async () => {
    const database = await createEmptyDatabase();
    try {
      const worker = start(database.connectionString);
      await untilLogged(worker, 'Waiting until the database is migrated');
      await migrate(database.connectionString);
      await untilLogged(worker, '"msg":"working"');
      await worker.stop();
      expect(worker.state()).toBe('code 0');
    } finally {
      await database.drop();
    }
  });

  test('told to stop while it waits it ends without a complaint', async () => {
    const worker = start('postgres://127.0.0.1:1/none');
    await untilLogged(worker, 'Waiting for the database');
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(worker.log()).not.toContain('codemint worker:');
  });

  test('does not touch a newer schema', async () => {
    const database = await createTestDatabase();
    try {
      await addLaterMigration(database.connectionString);
      const worker = start(database.connectionString);
      expect(await worker.ended).toBe(1);
      expect(
        worker
          .log()
          .split('\n')
          .filter((line) => line.startsWith('codemint worker:')),
      ).toEqual([
        'codemint worker: The database was migrated by a newer version of Codemint: start that version or a newer one.',
      ]);
    } finally {
      await database.drop();
    }
  });
});

async function healthUrl(worker: AppProcess): Promise<string> {
  const port = await until('it listens', 10_000, () => /"port":(\d+)/.exec(worker.log())?.[1]);
  return `http://127.0.0.1:${port}`;
}

async function read(url: string): Promise<[number, string]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return [response.status, await response.text()];
}

async function addLaterMigration(connectionString: string): Promise<void> {
  await query(
    connectionString,
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ('later', '', '99991231000000_later', now(), now(), 1)`,
  );
}
