import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '@codemint/db';
import type { AppProcess } from '../support/appProcess';
import { describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { createEmptyDatabase } from '../support/postgres';
import { query } from '../support/sql';
import { type Stack, startApps } from '../support/stack';
import { RECOVERY_MS, Scene } from './scene';

const APIS = 2;
const WORKERS = 3;
const CLIENTS = 4;
const QUANTITY = 1_000;
/** Between two requests of a client. */
const PAUSE_MS = 100;

describeBackends('a roll-out', LOCAL_BACKENDS, (start) => {
  let scene: Scene;
  beforeEach(async () => {
    const environment = { CODEMINT_SLICE_SIZE: '500', CODEMINT_CHUNK_SIZE: '100' };
    scene = await Scene.open(await start(), { apis: APIS, workers: WORKERS, environment });
  });
  afterEach(() => scene?.close());

  test(
    'replaces every process under load, and no request is lost',
    async () => {
      const { stack } = scene;
      const balancer = new Balancer(stack);
      const clients = Array.from({ length: CLIENTS }, () => new Client(balancer, stack.adminToken));
      const load = clients.map((client) => client.run(scene.product));
      const [apis, workers] = [of(stack, 'api'), of(stack, 'worker')];
      // One after the other of each kind; both kinds at a time, as they are deployments of their own.
      const rollApis = async () => {
        for (const old of apis) {
          balancer.add(await stack.startApi());
          // It goes on to be asked: its clients do not know yet.
          await end(old);
        }
      };
      const rollWorkers = async () => {
        for (const old of workers) {
          await stack.startWorker();
          await end(old);
        }
      };
      await Promise.all([rollApis(), rollWorkers()]);
      balancer.isOpen = false;
      await Promise.all(load);

      expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
      const accepted = clients.reduce((sum, client) => sum + client.accepted, 0);
      expect(accepted).toBeGreaterThan(2 * CLIENTS);
      await scene.expectAllComplete(accepted, accepted * QUANTITY);
    },
    3 * RECOVERY_MS,
  );
});

describeBackends('a newer schema', LOCAL_BACKENDS.slice(0, 1), (start) => {
  test(
    'is no reason to stop for those who run: they serve and make codes',
    async () => {
      const scene = await Scene.open(await start(), {});
      try {
        const { id } = await scene.api.post({ product: scene.product, quantity: 50_000 });
        await scene.query(
          `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
           VALUES ('later', '', '99991231000000_later', now(), now(), 1)`,
        );
        const health = await fetch(`${scene.stack.url}/server/health`);
        expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([200, 'warn']);
        const other = await scene.api.post({ product: scene.product, quantity: 1_000 });
        for (const job of [id, other.id]) await scene.api.untilComplete(job, RECOVERY_MS);
        await scene.expectAllComplete(2, 51_000);
      } finally {
        await scene.close();
      }
    },
    2 * RECOVERY_MS,
  );
});

test(
  'processes that start before the migration wait for it, and serve then',
  async () => {
    const { connectionString, drop } = await createEmptyDatabase();
    let stack: Stack | undefined;
    try {
      const starting = startApps({ connectionString, apis: APIS, workers: WORKERS });
      starting.catch(() => undefined);
      // All of them have asked by then: each process looks again every second.
      while ((await connections(connectionString)) < APIS + WORKERS) await sleep(PAUSE_MS);
      await migrate(connectionString);
      stack = await starting;
      expect(
        stack.processes.map((one) => one.log().includes('Waiting until the database is migrated')),
      ).toEqual(stack.processes.map(() => true));
    } finally {
      await stack?.stop();
      await drop();
    }
  },
  2 * RECOVERY_MS,
);

function of({ processes }: Stack, app: 'api' | 'worker'): AppProcess[] {
  return processes.filter(({ name }) => name.startsWith(app));
}

async function end(old: AppProcess): Promise<void> {
  old.signal('SIGTERM');
  expect(await old.ended).toBe(0);
}

/** Of the processes, queues left aside. */
async function connections(connectionString: string): Promise<number> {
  const [row] = await query<{ count: number }>(
    connectionString,
    `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name IN ('codemint-api', 'codemint worker')`,
  );
  return row?.count ?? 0;
}

/** Knows the APIs as a service's list of endpoints does: a little late. */
class Balancer {
  isOpen = true;
  readonly #apis: AppProcess[];
  #next = 0;

  constructor(stack: Stack) {
    this.#apis = of(stack, 'api');
  }

  add(api: AppProcess): void {
    this.#apis.push(api);
  }

  /** The address of one of those that were running when they were last looked at. */
  choose(): string {
    const running = this.#apis.filter((api) => api.isRunning());
    return running[this.#next++ % running.length]?.url() as string;
  }
}

/** Posts jobs one after the other on connections that it keeps. */
class Client {
  accepted = 0;
  readonly failures: string[] = [];
  readonly #agent = new Agent({ keepAlive: true });

  constructor(
    private readonly balancer: Balancer,
    private readonly token: string,
  ) {}

  async run(product: string): Promise<void> {
    while (this.balancer.isOpen) {
      await this.#post(product).then(
        (status) => {
          if (status === 200) this.accepted++;
          // It has said that it did nothing.
          else if (status !== 503) this.failures.push(`status ${status}`);
        },
        (error: NodeJS.ErrnoException) => {
          // Nothing was sent: the next one is asked.
          if (error.code !== 'ECONNREFUSED') this.failures.push(`${error.code} ${error.message}`);
        },
      );
      await sleep(PAUSE_MS);
    }
    this.#agent.destroy();
  }

  async #post(product: string): Promise<number | undefined> {
    const url = `${this.balancer.choose()}/items/identifier_job`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
      const outgoing = request(url, { method: 'POST', headers, agent: this.#agent }, resolve);
      outgoing.once('error', reject).end(JSON.stringify({ product, quantity: QUANTITY }));
    });
    for await (const _ of response);
    return response.statusCode;
  }
}
