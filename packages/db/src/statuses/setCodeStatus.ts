import type { PoolClient } from 'pg';
import { arrayOf, BLOCK_SIZE, type CodeStatus, runsOf } from './blocks';

/** How many positions a multirange has. */
const sizeOf = (places: string) =>
  `(SELECT sum(upper(part) - lower(part)) FROM unnest(${places}) AS part)::int`;

// One statement for all blocks: its parts change different rows, those of other statuses and those of this one.
const SET_STATUS = `
  WITH asked AS (
    SELECT first / ${BLOCK_SIZE} AS block, range_agg(int4range(first, behind)) AS places
      FROM unnest($2::int[], $3::int[]) AS run (first, behind) GROUP BY 1
  ), emptied AS (
    DELETE FROM code_status s USING asked
     WHERE s.batch_id = $1 AND s.block = asked.block AND s.status <> $4 AND s.places <@ asked.places
  ), cut AS (
    UPDATE code_status s
       SET places = s.places - asked.places, count = ${sizeOf('s.places - asked.places')}
      FROM asked
     WHERE s.batch_id = $1 AND s.block = asked.block AND s.status <> $4
       AND s.places && asked.places AND NOT s.places <@ asked.places
  )
  INSERT INTO code_status AS s (batch_id, block, status, places, count)
  SELECT $1, block, $4, places, ${sizeOf('places')} FROM asked WHERE $4 <> 'unassigned'
      ON CONFLICT (batch_id, block, status) DO UPDATE
     SET places = s.places + excluded.places, count = ${sizeOf('s.places + excluded.places')}
   WHERE NOT s.places @> excluded.places`;

/**
 * Sets the status of generated codes of a batch, whatever it was. The batch's row is locked until the transaction
 * ends, so that several at once take turns; who sets codes of many batches goes by ascending batch.
 * @param places positions in the batch, 0 to 2^31 - 2, in any order; such as have no code are the caller's care
 */
export async function setCodeStatus(
  client: PoolClient,
  batchId: bigint,
  places: readonly number[],
  status: CodeStatus,
): Promise<void> {
  if (places.length === 0) return;
  const runs = runsOf(places);
  await lockBatch(client, batchId);
  await client.query({
    name: 'set-code-status',
    text: SET_STATUS,
    values: [batchId, arrayOf(runs.map(({ from }) => from)), arrayOf(runs.map(({ to }) => to)), status],
  });
}

/**
 * Sets the status of registered codes of a batch, under the same lock.
 * @param places as they stand in the registry; such as have no code are passed over
 */
export async function setRegisteredStatus(
  client: PoolClient,
  batchId: bigint,
  places: readonly number[],
  status: CodeStatus,
): Promise<void> {
  if (places.length === 0) return;
  await lockBatch(client, batchId);
  await client.query(
    'UPDATE registry SET status = $3 WHERE batch_id = $1 AND place = ANY ($2::int[]) AND status <> $3',
    [batchId, places, status],
  );
}

/** By a statement of its own: the next one sees what the holder of the lock before has committed. */
async function lockBatch(client: PoolClient, batchId: bigint): Promise<void> {
  await client.query('SELECT 1 FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
}
