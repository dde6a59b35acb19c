import type { Pool } from 'pg';
import { inTransaction } from '../connection/transaction';

/** How much of one shape of a namespace (alphabet, length, prefix, suffix) is issued. */
export interface ShapeFill {
  namespaceId: bigint;
  kind: string;
  /** The first pool of the shape; there is one more for each later version of the master key. */
  poolId: bigint;
  length: number;
  /** 0 to 1: indexes given out and registered codes, of all that there are. */
  ratio: number;
}

export interface Fill {
  /** The fullest first. SSCCs have no such counter. */
  shapes: ShapeFill[];
  /** Of the whole database on the server's disk. */
  databaseBytes: number;
}

// Pools that a restore has opened and that gave nothing out are left out. Which pools are fullest by themselves is found
// in one pass; then the pools of the same shape are added to them.
const FULLEST = `
  SELECT DISTINCT s.* FROM (
    SELECT * FROM pool WHERE next_index + supplied + imported > 0 AND algorithm <> 'sscc'
       AND (set_aside = 0 OR next_index > set_aside)
     ORDER BY (next_index + supplied + imported)::float8 / space DESC, id LIMIT $1
  ) AS p CROSS JOIN LATERAL (
    SELECT q.namespace_id AS "namespaceId", n.kind, min(q.id) AS "poolId", q.length,
           least(1, (sum(q.next_index) + max(q.supplied) + max(q.imported)) / max(q.space))::float8 AS ratio
      FROM pool q JOIN namespace n ON n.id = q.namespace_id
     WHERE (q.namespace_id, q.prefix, q.alphabet, q.length, q.suffix, q.algorithm)
         = (p.namespace_id, p.prefix, p.alphabet, p.length, p.suffix, p.algorithm)
     GROUP BY q.namespace_id, n.kind, q.length
  ) AS s
   ORDER BY s.ratio DESC, s."poolId"`;

/**
 * Reads every pool, 0.1 s for 100,000 of them: not to be asked every second.
 * @param asked.count how many shapes at most
 * @throws an error of Postgres after `limitMs` a statement at the latest, as long as the server answers at all
 */
export function readFullest(
  pool: Pool,
  { count, limitMs }: { count: number; limitMs: number },
): Promise<Fill> {
  return inTransaction(pool, async (client) => {
    await client.query(`SET LOCAL statement_timeout = ${limitMs}`);
    const { rows: shapes } = await client.query<ShapeFill>({
      name: 'fullest',
      text: FULLEST,
      values: [count],
    });
    const { rows } = await client.query<{ bytes: number }>(
      'SELECT pg_database_size(current_database())::float8 AS bytes',
    );
    return { shapes, databaseBytes: rows[0]?.bytes ?? 0 };
  });
}
