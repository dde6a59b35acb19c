import type { AppProcess } from '../support/appProcess';
import type { Bed } from './bed';
import { megabytes, ms } from './report';
import { percentile } from './timing';

/** How everything is at one moment. */
export interface Sample {
  /** By name of the process. */
  processes: ReadonlyMap<string, Memory>;
  /** To Postgres, by application name. */
  connections: ReadonlyMap<string, number>;
  /** Of the minute before, in milliseconds. */
  latencies: readonly number[];
  /** Bytes with indexes, by schema and name, the largest tables. */
  tables: ReadonlyMap<string, number>;
  databaseBytes: number;
}

interface Memory {
  rssBytes: number;
  heapBytes: number;
}

const TABLES = 8;

export async function takeSample(bed: Bed, latencies: readonly number[]): Promise<Sample> {
  const { client, stack } = bed;
  const memory = stack.processes.map(async (one) => [one.name, await memoryOf(bed, one)] as const);
  const connections = await client.query<{ name: string; count: number }>(
    `SELECT application_name AS name, count(*)::int AS count FROM pg_stat_activity
      WHERE application_name LIKE 'codemint%' GROUP BY 1 ORDER BY 1`,
  );
  const tables = await client.query<{ name: string; bytes: string }>(
    `SELECT schemaname || '.' || relname AS name, pg_total_relation_size(relid) AS bytes
       FROM pg_stat_user_tables ORDER BY bytes DESC LIMIT $1`,
    [TABLES],
  );
  const size = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
  return {
    processes: new Map(await Promise.all(memory)),
    connections: new Map(connections.rows.map(({ name, count }) => [name, count])),
    latencies,
    tables: new Map(tables.rows.map(({ name, bytes }) => [name, Number(bytes)])),
    databaseBytes: Number(size.rows[0]?.bytes),
  };
}

/** As the process itself tells it at /metrics. */
async function memoryOf({ stack }: Bed, one: AppProcess): Promise<Memory> {
  const port = /"port":(\d+),"msg":"health checks/.exec(one.log())?.[1];
  const url = one.url() ?? `http://127.0.0.1:${port}`;
  const response = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${stack.adminToken}` },
  });
  const text = await response.text();
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    rssBytes: figure('process_resident_memory_bytes'),
    heapBytes: figure('nodejs_heap_size_used_bytes'),
  };
}

/** One line on the latest sample. */
export function progressLine(samples: readonly Sample[]): string {
  const { processes, latencies, databaseBytes } = samples.at(-1) as Sample;
  const rss = [...processes].map(([name, { rssBytes }]) => `${name} ${megabytes(rssBytes)}`).join(', ');
  const p99 = ms(percentile(latencies, 0.99));
  return `minute ${samples.length}: ${rss}; p99 ${p99}; database ${megabytes(databaseBytes)}`;
}
