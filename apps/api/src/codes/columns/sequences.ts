import type { Client } from '@codemint/db';
import { firstFrom } from '../codeRuns';

/** The number of a code in the order of making, from 1, by its place in the batch. */
export type SequenceAt = (place: number) => number;

/** Of supplied codes, whose places have no holes. */
export const suppliedSequence: SequenceAt = (place) => place + 1;

/** Places count indexes: those that were skipped are holes, which numbers pass over. */
export async function generatedSequence(client: Client, batchId: bigint): Promise<SequenceAt> {
  const { rows } = await client.query<{ place: number }>({
    name: 'skipped-places',
    text: `SELECT (batch_offset + (index - first_index))::float8 AS place
             FROM chunk CROSS JOIN LATERAL unnest(skipped) AS index WHERE batch_id = $1 ORDER BY place`,
    values: [batchId],
  });
  if (rows.length === 0) return suppliedSequence;
  const holes = Float64Array.from(rows, ({ place }) => place);
  return (place) => place + 1 - firstFrom(holes, place);
}
