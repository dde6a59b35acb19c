import type { Client } from '../connection/database';

/**
 * Gives an open slice up, and ends its batch with what the operator must know: of several that fail the first says
 * it. The other slices of the batch are made all the same: their numbers are given out, and each code that is there
 * is one that a retry need not make. Does nothing to a slice that is not open.
 */
export async function failSlice(client: Client, sliceId: bigint, message: string): Promise<void> {
  // The slice before its batch, as writeChunk locks them.
  await client.query(
    `WITH failed AS (
       UPDATE slice SET state = 'failed', touched_at = now() WHERE id = $1 AND state = 'open' RETURNING batch_id
     )
     UPDATE batch b
        SET open_slices = b.open_slices - 1, status = 'error', error_message = coalesce(b.error_message, $2),
            date_completed = coalesce(b.date_completed, now())
       FROM failed WHERE b.id = failed.batch_id`,
    [sliceId, message],
  );
}
