import type { Client } from '../connection/database';

/** Codes of the next indexes of a slice, ready to be stored. */
export interface Chunk {
  sliceId: bigint;
  /** How many indexes of the slice were stored before: the chunk begins there. */
  progress: number;
  /** How many indexes it covers. */
  span: number;
  /** How many codes: span without the skipped. */
  count: number;
  /** Bytes a code. */
  width: number;
  /** Absolute indexes that are skipped. */
  skipped: readonly (number | bigint)[];
  codes: Buffer;
}

/** How far the batch is after a chunk. */
export interface ChunkOutcome {
  batchId: bigint;
  sliceDone: boolean;
  created: number;
  quantity: number;
  /** The batch has no open slice but lacks codes: skipped ones must be made up for. */
  short: boolean;
}

// One statement, so that no transaction waits on a worker. The compare-and-set on the slice's progress lets exactly
// one of two runners store a chunk; the other finds no row and inserts nothing. A cancelled or failed slice is not open.
const WRITE_CHUNK = `
  WITH moved AS (
    UPDATE slice SET progress = progress + $3::int, touched_at = now(),
           state = CASE WHEN progress + $3::int = count THEN 'done' ELSE 'open' END
     WHERE id = $1 AND progress = $2::int AND state = 'open'
    RETURNING batch_id, batch_offset, first_index, state
  ), stored AS (
    INSERT INTO chunk (batch_id, batch_offset, first_index, span, count, width, skipped, codes)
    SELECT batch_id, batch_offset + $2::int, first_index + $2::int, $3::int, $4::int, $5::int, $6::bigint[], $7::bytea
      FROM moved
  )
  UPDATE batch b
     SET quantity_created = b.quantity_created + $4::int,
         unassigned = b.unassigned + $4::int,
         open_slices = b.open_slices - (moved.state = 'done')::int,
         status = CASE WHEN b.quantity_created + $4::int >= b.quantity THEN 'complete'
                       WHEN b.status = 'new' THEN 'in_progress' ELSE b.status END,
         error_message = CASE WHEN b.quantity_created + $4::int < b.quantity THEN b.error_message END,
         date_completed = CASE WHEN b.quantity_created + $4::int >= b.quantity THEN now() ELSE b.date_completed END
    FROM moved WHERE b.id = moved.batch_id
  RETURNING b.id, b.quantity_created, b.quantity, b.open_slices, moved.state = 'done' AS slice_done`;

interface Row {
  id: bigint;
  quantity_created: number;
  quantity: number;
  open_slices: number;
  slice_done: boolean;
}

/**
 * Stores a chunk, moves its slice on and counts it for its batch, all at once or not at all.
 * @returns undefined when another runner was faster, or the slice was cancelled or has failed: the caller stops
 */
export async function writeChunk(client: Client, chunk: Chunk): Promise<ChunkOutcome | undefined> {
  const { rows } = await client.query<Row>({
    name: 'write-chunk',
    text: WRITE_CHUNK,
    values: [chunk.sliceId, chunk.progress, chunk.span, chunk.count, chunk.width, chunk.skipped, chunk.codes],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    batchId: row.id,
    sliceDone: row.slice_done,
    created: row.quantity_created,
    quantity: row.quantity,
    short: row.open_slices === 0 && row.quantity_created < row.quantity,
  };
}
