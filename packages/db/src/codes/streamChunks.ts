import type { Client } from '../connection/database';
import { type ChunkColumns, type StoredCodes, storedCodes } from './chunkRow';

/** Chunks fetched at a time: about 400 kB, and few enough round trips. */
const CHUNKS_AT_ONCE = 5;

/**
 * The chunks of a batch in order, from that on which begins at `from`. Each step is one short query by key, so that
 * a slow reader holds no cursor, no snapshot and no connection.
 */
export async function* streamChunks(client: Client, batchId: bigint, from = 0n): AsyncGenerator<StoredCodes> {
  for (let after = from - 1n; ; ) {
    const { rows } = await client.query<ChunkColumns>({
      name: 'stream-chunks',
      text: `SELECT batch_offset, first_index, span, skipped, width, codes FROM chunk
              WHERE batch_id = $1 AND batch_offset > $2 ORDER BY batch_offset LIMIT ${CHUNKS_AT_ONCE}`,
      values: [batchId, after],
    });
    for (const row of rows) yield storedCodes(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNKS_AT_ONCE) return;
    after = last.batch_offset;
  }
}
