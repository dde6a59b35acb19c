import { Queue, QueueEvents, type Telemetry, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { available, Gate } from './availability';
import { OutageLog, type QueueLog } from './log';
import type { Transport } from './transport';
import { EVENT_WAIT_MS } from './tuning';

/** One hash tag for all keys, so that every script finds its keys on one node of a Redis Cluster. */
const PREFIX = '{codemint}';

/**
 * A connection that carries nothing back for so long, while an answer is due, is given up and made anew: where packets
 * are swallowed on the way nobody else would notice. Workers wait for a job up to 10 s in one command.
 */
const SHARED_SILENCE_MS = 5_000;
const WAITING_SILENCE_MS = 15_000;

/**
 * Queues on Redis (6.2 or newer, `maxmemory-policy noeviction`). Producers share one connection that refuses
 * commands at once while Redis is away; workers and event readers have connections of their own that wait for it.
 */
export function openRedis(options: {
  url: string;
  role: string;
  log: QueueLog;
  telemetry: Telemetry | undefined;
}): Transport {
  const { telemetry } = options;
  const outage = new OutageLog(options.log, 'redis');
  const gate = new Gate();
  let closed = false;
  const common = {
    connectTimeout: 5000,
    disconnectTimeout: 500,
    keepAlive: 10_000,
    // BullMQ can leave a connection behind that it closed while Redis did not answer: it shall not try for ever.
    retryStrategy: (times: number) => (closed ? null : Math.min(times * 100, 1000)),
    // After a failover the old master answers so: the address has to be looked up again.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
  const client = new Redis(options.url, {
    ...common,
    connectionName: `codemint-${options.role}`,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    socketTimeout: SHARED_SILENCE_MS,
    commandTimeout: 10_000,
  });
  client.on('error', (error) => outage.began(error));
  client.on('close', () => {
    if (!closed) outage.began('the connection was closed');
  });
  client.on('ready', () => outage.ended());
  client.once('ready', () => {
    gate.open();
    void warnOfEviction(client, options.log);
  });
  const waiting = {
    url: options.url,
    ...common,
    maxRetriesPerRequest: null,
    socketTimeout: WAITING_SILENCE_MS,
  };

  return {
    kind: 'redis',
    gate,
    // Without the version check nothing can fail between connecting and being ready: BullMQ would keep such a
    // failure for good.
    queue: (name) =>
      new Queue(name, { connection: client, prefix: PREFIX, skipVersionCheck: true, telemetry }),
    worker: (name, processor, tuning) =>
      new Worker(name, processor, { ...tuning, connection: waiting, prefix: PREFIX, telemetry }),
    events: (name) =>
      new QueueEvents(name, {
        connection: waiting,
        prefix: PREFIX,
        autorun: false,
        blockingTimeout: EVENT_WAIT_MS,
        skipVersionCheck: true,
      }),
    ping: async () => void (await client.ping()),
    close: async () => {
      closed = true;
      gate.close();
      if (client.status === 'ready') await available('close', 1000, client.quit()).catch(() => undefined);
      client.disconnect();
    },
  };
}

/** A Redis that evicts keys loses jobs. The database would notice, so this is no reason to stop. */
async function warnOfEviction(client: Redis, log: QueueLog): Promise<void> {
  const info = await client.info('memory').catch(() => '');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn({ policy }, 'the maxmemory-policy of Redis should be noeviction: others may drop queue jobs');
  }
}
