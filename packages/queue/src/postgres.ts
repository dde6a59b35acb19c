import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BackendFactory,
  ConnectionClosedError,
  DEFAULT_SCHEMA,
  type PgPool,
  PostgresConnection,
  PostgresQueueBackend,
  type Queue,
  type QueueEvents,
  runMigrations,
  type Telemetry,
  type Worker,
  withBackend,
} from 'bullmq';
import { Client, Pool } from 'pg';
import { available, Gate, isConnectionLoss } from './availability';
import { OutageLog, type QueueLog } from './log';
import type { Transport } from './transport';
import { EVENT_WAIT_MS } from './tuning';

/** Connections of one process at most, those that listen included: three of its workers, two of its event readers. */
const MAX_CONNECTIONS = 8;

/**
 * Queues on Postgres (14 or newer), in the schema `bullmq`, which is made where it does not exist: any number of
 * processes may start at once, an advisory lock lets one of them do it. All queues of the process share a pool.
 */
export function openPostgres(options: {
  url: string;
  role: string;
  log: QueueLog;
  telemetry: Telemetry | undefined;
}): Transport {
  const { telemetry } = options;
  const outage = new OutageLog(options.log, 'postgres');
  const gate = new Gate();
  const sockets = new Sockets();
  const config = {
    connectionString: withSearchPath(options.url),
    application_name: `codemint-queue-${options.role}`,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    stream: () => sockets.open(),
  };
  // One connection stays open, so that a slice that comes after a quiet minute does not wait for a new one.
  const pool = new Pool({ ...config, max: MAX_CONNECTIONS, min: 1, query_timeout: 15_000 });
  pool.on('error', (error) => outage.began(error));
  // A connection that breaks while it is held fails its holder's query; an error that nobody listens to would end the
  // process as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const connection = watchedPool(pool, outage);
  const classes = withBackend(sharedBackend(gate));
  const closing = new AbortController();
  void prepare(() => new Client({ ...config, query_timeout: 60_000 }), {
    gate,
    outage,
    signal: closing.signal,
  });

  return {
    kind: 'postgres',
    gate,
    // BullMQ's types tell its classes apart by backend; nobody outside uses more than what all backends have.
    queue: (name) => new classes.Queue(name, { connection, telemetry }) as unknown as Queue,
    worker: (name, processor, tuning) =>
      new classes.Worker(name, processor, { ...tuning, connection, telemetry }) as unknown as Worker,
    events: (name) =>
      new classes.QueueEvents(name, {
        connection,
        autorun: false,
        blockingTimeout: EVENT_WAIT_MS,
      }) as unknown as QueueEvents,
    ping: async () => void (await connection.query('SELECT 1')),
    close: async () => {
      closing.abort();
      gate.close();
      await available('close', 1000, pool.end()).catch(() => undefined);
      sockets.destroy();
    },
  };
}

/** All sockets of a transport: one that a server does not answer, or that is just connecting, would keep the process. */
class Sockets {
  readonly #open = new Set<Socket>();

  open(): Socket {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** BullMQ's statements name their tables without the schema. */
function withSearchPath(url: string): string {
  const parsed = new URL(url);
  const given = parsed.searchParams.get('options');
  parsed.searchParams.set('options', `${given ? `${given} ` : ''}-c search_path=${DEFAULT_SCHEMA}`);
  return parsed.href;
}

/** Makes or updates the schema as soon as the server can be reached, then opens the gate. */
async function prepare(
  newClient: () => Client,
  { gate, outage, signal }: { gate: Gate; outage: OutageLog; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const client = newClient();
    client.on('error', (error) => outage.began(error));
    try {
      await client.connect();
      await runMigrations(client);
      outage.ended();
      return gate.open();
    } catch (error) {
      if (!signal.aborted) outage.began(error);
      await delay(500, undefined, { signal }).catch(() => undefined);
    } finally {
      await available('close', 1000, client.end()).catch(() => undefined);
    }
  }
}

/**
 * The pool as BullMQ sees it. A lost connection is reported in BullMQ's own terms, so that it waits and tries
 * again; any other error it would take for the job's failure. Nobody but the transport ends the pool.
 */
function watchedPool(pool: Pool, outage: OutageLog): PgPool {
  const watch = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      outage.ended();
      return result;
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      outage.began(error);
      throw new ConnectionClosedError(undefined, error);
    }
  };
  const watched: PgPool = {
    query: ((text, parameters) => watch(pool.query(text, [...(parameters ?? [])]))) as PgPool['query'],
    connect: () => watch(pool.connect()),
    end: async () => undefined,
    on: () => watched,
    removeAllListeners: () => watched,
  };
  return watched;
}

/** Backends on the shared pool, ready when the gate is: BullMQ itself would keep a failed first try for good. */
function sharedBackend(gate: Gate): BackendFactory<PostgresQueueBackend, PgPool> {
  return (name, options, { withBlockingConnection = false } = {}) =>
    new PollingBackend(
      new GatedConnection(options.connection, gate),
      name,
      options,
      true,
      withBlockingConnection ? name : undefined,
    );
}

class GatedConnection extends PostgresConnection {
  constructor(
    pool: PgPool,
    private readonly gate: Gate,
  ) {
    super(pool);
  }

  override waitUntilReady(): Promise<void> {
    return this.gate.opened;
  }

  /** A worker that is closed just before it listens would take a connection that nobody gives back. */
  override getListenClient(): ReturnType<PostgresConnection['getListenClient']> {
    return this.isClosing === undefined
      ? super.getListenClient()
      : Promise.reject(new ConnectionClosedError());
  }
}

/** A worker never sleeps longer than a second: after an error BullMQ would rely on notifications for an hour. */
class PollingBackend extends PostgresQueueBackend {
  override get maximumBlockTimeout(): number {
    return 1;
  }
}
