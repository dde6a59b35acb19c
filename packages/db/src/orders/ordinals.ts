import { PLACED_CHUNKS } from '../codes/codeRuns';
import type { Client } from '../connection/database';
import type { StoredOrder } from './findOrders';

/** Codes of a batch by their ordinals in the order of making, from 0; of those that are made. */
export async function codesByOrdinal(
  client: Client,
  batchId: bigint,
  ordinals: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await client.query<{ ordinal: number; code: Buffer }>({
    name: 'codes-by-ordinal',
    text: `SELECT ordinal, substring(c.codes FROM ((ordinal - p.before) * c.width + 1)::int FOR c.width) AS code
             FROM unnest($2::int[]) AS ordinal
             JOIN (${PLACED_CHUNKS}) AS p ON ordinal >= p.before AND ordinal < p.before + p.count
             JOIN chunk c ON c.batch_id = $1 AND c.batch_offset = p.batch_offset`,
    values: [batchId, ordinals],
  });
  return new Map(rows.map(({ ordinal, code }) => [ordinal, code.toString('utf8')]));
}

interface PlacedChunk {
  batch_offset: bigint;
  first_index: bigint;
  skipped: bigint[];
  before: number;
}

/**
 * Where in its batch each of some codes of a generated order stands: positions count indexes, so skipped ones leave
 * holes.
 * @param numbers each of a code that is made
 */
export async function placesOfNumbers(
  client: Client,
  { batchId }: Pick<StoredOrder, 'batchId'>,
  numbers: readonly number[],
): Promise<number[]> {
  const { rows } = await client.query<PlacedChunk>({
    name: 'placed-chunks',
    text: `SELECT batch_offset, first_index, skipped, before::int AS before FROM (${PLACED_CHUNKS}) AS placed
            ORDER BY batch_offset`,
    values: [batchId],
  });
  return numbers.map((number) => {
    const chunk = rows.findLast(({ before }) => before <= number);
    if (chunk === undefined) throw new RangeError(`Batch ${batchId} has no code ${number}`);
    return placeIn(chunk, number - chunk.before);
  });
}

function placeIn({ batch_offset, first_index, skipped }: PlacedChunk, ordinal: number): number {
  let at = ordinal;
  // Skipped indexes are ascending: each one at or before the place moves it on by one.
  for (const index of skipped) {
    if (Number(index - first_index) > at) break;
    at++;
  }
  return Number(batch_offset) + at;
}
