import type { PoolClient } from 'pg';
import { arrayOf, BLOCK_SIZE, type CodeStatus, runsOf } from './blocks';

/** How many positions a multirange has. */
const sizeOf = (places: string) =>
  `(SELECT coalesce(sum(upper(part) - lower(part)), 0) FROM unnest(${places}) AS part)::int`;

// One statement for all blocks: its parts change different rows, those of other statuses and those of this one. What
// had a status keeps its reservation, unless it is free again.
const SET_STATUS = `
  WITH asked AS (
    SELECT first / ${BLOCK_SIZE} AS block, range_agg(int4range(first, behind)) AS places
      FROM unnest($2::int[], $3::int[]) AS run (first, behind) GROUP BY 1
  ), stored AS (
    SELECT s.block, s.status, s.reservation, s.places * asked.places AS places
      FROM asked JOIN code_status s ON s.batch_id = $1 AND s.block = asked.block AND s.places && asked.places
  ), moved AS (
    SELECT block, reservation, places, false AS was_free FROM stored WHERE status <> $4
     UNION ALL
    SELECT block, 0, asked.places - coalesce(met.places, '{}'), true
      FROM asked LEFT JOIN (SELECT block, range_agg(places) AS places FROM stored GROUP BY block) AS met USING (block)
     WHERE $4 <> 'unassigned'
  ), emptied AS (
    DELETE FROM code_status s USING asked
     WHERE s.batch_id = $1 AND s.block = asked.block AND s.status <> $4 AND s.places <@ asked.places
  ), cut AS (
    UPDATE code_status s
       SET places = s.places - asked.places, count = ${sizeOf('s.places - asked.places')}
      FROM asked
     WHERE s.batch_id = $1 AND s.block = asked.block AND s.status <> $4
       AND s.places && asked.places AND NOT s.places <@ asked.places
  ), stored_anew AS (
    INSERT INTO code_status AS s (batch_id, block, status, reservation, places, count)
    SELECT $1, block, $4, reservation, range_agg(places), ${sizeOf('range_agg(places)')}
      FROM moved WHERE $4 <> 'unassigned' AND NOT isempty(places) GROUP BY block, reservation
        ON CONFLICT (batch_id, block, status, reservation) DO UPDATE
       SET places = s.places + excluded.places, count = ${sizeOf('s.places + excluded.places')}
  ), changed AS (
    SELECT reservation, was_free, lower(places) AS first, ${sizeOf('places')} AS count
      FROM moved WHERE NOT isempty(places)
  ), given_back AS (
    UPDATE code_reservation r SET quantity_reserved = quantity_reserved - left_it.count
      FROM (SELECT reservation, sum(count) AS count FROM changed
             WHERE reservation > 0 AND $4 = 'unassigned' GROUP BY 1) AS left_it
     WHERE r.number = left_it.reservation
  ), counted AS (
    UPDATE batch b
       SET unassigned = unassigned + gain, free_from = least(free_from, first)
      FROM (SELECT coalesce(sum(CASE WHEN $4 = 'unassigned' THEN count WHEN was_free THEN -count END), 0) AS gain,
                   min(first) FILTER (WHERE $4 = 'unassigned') AS first FROM changed) AS all_of_them
     WHERE b.id = $1 AND gain <> 0
  )
  SELECT coalesce(sum(count), 0)::int AS changed FROM changed`;

/**
 * Sets the status of generated codes of a batch. The batch's row is locked until the transaction ends, so that several
 * at once take turns; who sets codes of many batches goes by ascending batch. A code stays in its reservation unless it
 * is `unassigned` again.
 * @param places positions in the batch, 0 to 2^31 - 2, in any order; such as have no code are the caller's care
 * @returns how many codes have another status than before
 */
export async function setCodeStatus(
  client: PoolClient,
  batchId: bigint,
  places: readonly number[],
  status: CodeStatus,
): Promise<number> {
  if (places.length === 0) return 0;
  const runs = runsOf(places);
  await lockBatch(client, batchId);
  const { rows } = await client.query<{ changed: number }>({
    name: 'set-code-status',
    text: SET_STATUS,
    values: [batchId, arrayOf(runs.map((run) => run.from)), arrayOf(runs.map((run) => run.to)), status],
  });
  return rows[0]?.changed ?? 0;
}

const SET_REGISTERED = `
  WITH old AS (
    SELECT place, status, reservation FROM registry
     WHERE batch_id = $1 AND place = ANY ($2::int[]) AND status <> $3
  ), changed AS (
    UPDATE registry r SET status = $3, reservation = CASE WHEN $3 = 'unassigned' THEN 0 ELSE r.reservation END
      FROM old WHERE r.batch_id = $1 AND r.place = old.place
  ), given_back AS (
    UPDATE code_reservation r SET quantity_reserved = quantity_reserved - left_it.count
      FROM (SELECT reservation, count(*) AS count FROM old WHERE reservation > 0 AND $3 = 'unassigned' GROUP BY 1) AS left_it
     WHERE r.number = left_it.reservation
  ), counted AS (
    UPDATE batch b SET unassigned = unassigned + gain, free_from = least(free_from, first)
      FROM (SELECT CASE WHEN $3 = 'unassigned' THEN count(*)
                        ELSE -count(*) FILTER (WHERE status = 'unassigned') END AS gain,
                   min(place) FILTER (WHERE $3 = 'unassigned') AS first FROM old) AS all_of_them
     WHERE b.id = $1 AND gain <> 0
  )
  SELECT count(*)::int AS changed FROM old`;

/**
 * Sets the status of registered codes of a batch, under the same lock and by the same rules.
 * @param places as they stand in the registry; such as have no code are passed over
 */
export async function setRegisteredStatus(
  client: PoolClient,
  batchId: bigint,
  places: readonly number[],
  status: CodeStatus,
): Promise<number> {
  if (places.length === 0) return 0;
  await lockBatch(client, batchId);
  const { rows } = await client.query<{ changed: number }>(SET_REGISTERED, [batchId, places, status]);
  return rows[0]?.changed ?? 0;
}

/** By a statement of its own: the next one sees what the holder of the lock before has committed. */
async function lockBatch(client: PoolClient, batchId: bigint): Promise<void> {
  await client.query('SELECT 1 FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
}
