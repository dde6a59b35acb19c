import type { Client } from '../connection/database';

/** What is counted, and how. */
export interface Counting {
  /** At most 255 characters. */
  key: string;
  /** 0 or more; with 0 it is only looked at. */
  points: number;
  /** From the first point on; then it begins anew. */
  windowMs: number;
  limit: number;
  /** How long it lasts from the moment the limit is reached; if absent, until the window ends. */
  blockMs?: number;
}

export interface Counted {
  /** Points that others had counted before these. */
  before: number;
  /** Until it begins anew. */
  leftMs: number;
}

/** What is beyond is as far above any limit. */
const MOST_POINTS = 2_000_000_000;

// By the clock of the database: those of the processes may differ.
const NOW_MS = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Counts for all processes at once, by one statement. */
export async function countPoints(
  client: Client,
  { key, points, windowMs, limit, blockMs }: Counting,
): Promise<Counted> {
  const { rows } = await client.query<{ points: number; leftMs: number }>({
    name: 'count-points',
    text: `INSERT INTO rate_limit AS r (key, points, expire) VALUES ($1, $2, ${NOW_MS} + $3::bigint)
           ON CONFLICT (key) DO UPDATE
              SET points = CASE WHEN r.expire <= excluded.expire - $3 THEN excluded.points
                                ELSE least(r.points::bigint + excluded.points, ${MOST_POINTS}) END,
                  expire = CASE WHEN r.expire <= excluded.expire - $3 THEN excluded.expire
                                WHEN r.points < $4 AND r.points::bigint + excluded.points >= $4
                                  THEN coalesce(excluded.expire - $3 + $5::bigint, r.expire)
                                ELSE r.expire END
           RETURNING points, (expire - ${NOW_MS})::float8 AS "leftMs"`,
    values: [key, points, windowMs, limit, blockMs ?? null],
  });
  const row = rows[0] as { points: number; leftMs: number };
  return { before: row.points - points, leftMs: Math.max(0, row.leftMs) };
}

/** Removes what counts no more: windows that are over, and what tokens used on earlier days. */
export async function removeExpiredCounts(client: Client): Promise<void> {
  await client.query(`DELETE FROM rate_limit WHERE expire <= ${NOW_MS}`);
  await client.query(`DELETE FROM token_use WHERE day < (now() AT TIME ZONE 'utc')::date`);
}
