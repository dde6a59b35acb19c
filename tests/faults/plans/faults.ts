import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { AppProcess } from '../../support/appProcess';
import type { TcpProxy } from '../../support/tcpProxy';
import type { FaultKind, PlannedFault } from './plan';
import type { Reached, Rig } from './rig';

/** More than the server has, and so many at a time. */
const MOST_CONNECTIONS = 400;
const CONNECTIONS_AT_ONCE = 20;
const TAKE_AGAIN_MS = 50;

/** Does harm, by plan, and mends what it can mend: processes that end are replaced, servers started again. */
export class Faults {
  /** That were killed here; any other that has ended did so by itself. */
  readonly killed = new Set<AppProcess>();
  readonly #frozen = new Set<AppProcess>();

  constructor(private readonly rig: Rig) {}

  /** Fulfilled when it is over and mended. */
  async do(fault: PlannedFault): Promise<void> {
    await this.#ways[fault.kind](fault);
  }

  readonly #ways: Record<FaultKind, (fault: PlannedFault) => Promise<void>> = {
    'worker killed': async ({ whom }) => {
      await this.#kill('worker', whom);
      await this.rig.stack.startWorker();
    },
    'API killed': async ({ whom }) => {
      await this.#kill('api', whom);
      await this.rig.stack.startApi();
    },
    'worker frozen past its lock': async ({ whom, lastsMs }) => {
      const worker = this.#pick('worker', whom);
      this.#frozen.add(worker);
      worker.signal('SIGSTOP');
      await sleep(lastsMs);
      worker.signal('SIGCONT');
      this.#frozen.delete(worker);
    },
    'Postgres stopped (immediate) and started': async ({ lastsMs }) => {
      const { server } = this.rig.database;
      await server.crash();
      await sleep(lastsMs);
      await server.restart();
    },
    'connections to Postgres cut': async () => this.rig.database.way.cut(),
    'connections to Postgres refused': ({ lastsMs }) => refuse(this.rig.database.way, lastsMs),
    'connections to Postgres stalled': ({ lastsMs }) => stall(this.rig.database.way, lastsMs),
    'all connections of Postgres taken': ({ lastsMs }) => takeConnections(this.rig, lastsMs),
    'Redis killed and started with its data': async ({ lastsMs }) => {
      const { server } = this.#redis();
      await server.kill();
      await sleep(lastsMs);
      await server.restart();
    },
    'Redis killed and started empty': async ({ lastsMs }) => {
      const { server } = this.#redis();
      await server.kill();
      server.removeData();
      await sleep(lastsMs);
      await server.restart();
    },
    'Redis emptied (FLUSHALL)': async () => {
      const client = new Redis(this.#redis().server.url);
      await client.flushall();
      await client.quit();
    },
    'connections to Redis cut': async () => this.#redis().way.cut(),
    'connections to Redis refused': ({ lastsMs }) => refuse(this.#redis().way, lastsMs),
    'connections to Redis stalled': ({ lastsMs }) => stall(this.#redis().way, lastsMs),
  };

  /** One that runs and is not frozen. */
  #pick(app: 'api' | 'worker', whom: number): AppProcess {
    const running = this.rig.stack.processes.filter(
      (one) => one.name.startsWith(app) && one.isRunning() && !this.#frozen.has(one),
    );
    const one = running[Math.floor(whom * running.length)];
    if (one === undefined) throw new Error(`no ${app} runs`);
    return one;
  }

  async #kill(app: 'api' | 'worker', whom: number): Promise<void> {
    const one = this.#pick(app, whom);
    this.killed.add(one);
    one.signal('SIGKILL');
    await one.ended;
  }

  #redis(): NonNullable<Rig['redis']> {
    if (this.rig.redis === undefined) throw new Error('there is no Redis in this run');
    return this.rig.redis;
  }
}

async function refuse(way: TcpProxy, lastsMs: number): Promise<void> {
  way.refuse();
  way.cut();
  await sleep(lastsMs);
  way.accept();
}

async function stall(way: TcpProxy, lastsMs: number): Promise<void> {
  way.stall();
  await sleep(lastsMs);
  way.flow();
}

/** Takes all connections that are free, cuts those of the apps, and takes these too before the apps have them back. */
async function takeConnections({ database }: Pick<Rig, 'database'>, lastsMs: number): Promise<void> {
  const taken: pg.Client[] = [];
  await takeAll(database, taken);
  database.way.cut();
  const deadline = Date.now() + lastsMs;
  while (Date.now() < deadline) {
    await takeAll(database, taken);
    await sleep(TAKE_AGAIN_MS);
  }
  await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
}

async function takeAll(
  { server }: Pick<Reached<{ connectionString: string }>, 'server'>,
  taken: pg.Client[],
) {
  while (taken.length < MOST_CONNECTIONS) {
    const tries = Array.from({ length: CONNECTIONS_AT_ONCE }, () => takeOne(server.connectionString));
    const got = (await Promise.all(tries)).filter((client) => client !== undefined);
    taken.push(...got);
    if (got.length < CONNECTIONS_AT_ONCE) return;
  }
}

async function takeOne(connectionString: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch {
    return undefined;
  }
}
