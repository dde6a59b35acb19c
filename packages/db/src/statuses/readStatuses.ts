import type { Client } from '../connection/database';
import { arrayOf, BLOCK_SIZE, type CodeStatus, type Run, runsOf } from './blocks';

/** Positions of a batch side by side that have one status. */
export interface StatusRange extends Run {
  /** Never `unassigned`: that is every position that is in no range. */
  status: CodeStatus;
}

/**
 * Statuses of generated codes by their positions in batches, in the order of the positions given: one statement,
 * linear in their number.
 * @param positions any number of them, of any batches; such as have no code count as `unassigned`
 */
export async function statusesAt(
  client: Client,
  positions: readonly { batchId: bigint; place: number }[],
): Promise<CodeStatus[]> {
  const placesByBatch = new Map<bigint, number[]>();
  for (const { batchId, place } of positions) {
    const places = placesByBatch.get(batchId);
    if (places === undefined) placesByBatch.set(batchId, [place]);
    else places.push(place);
  }
  const asked = [...placesByBatch].flatMap(([batchId, places]) =>
    runsOf(places).map((run) => ({ batchId, ...run })),
  );
  if (asked.length === 0) return [];
  const { rows } = await client.query<StatusRange & { batch_id: bigint }>({
    name: 'statuses-at',
    text: `SELECT s.batch_id, s.status, lower(part) AS from, upper(part) AS to
             FROM (SELECT batch_id, first / ${BLOCK_SIZE} AS block, range_agg(int4range(first, behind)) AS places
                     FROM unnest($1::bigint[], $2::int[], $3::int[]) AS run (batch_id, first, behind)
                    GROUP BY 1, 2) AS asked
             JOIN code_status s ON s.batch_id = asked.batch_id AND s.block = asked.block
            CROSS JOIN LATERAL unnest(s.places * asked.places) AS part`,
    values: [
      arrayOf(asked.map(({ batchId }) => batchId)),
      arrayOf(asked.map(({ from }) => from)),
      arrayOf(asked.map(({ to }) => to)),
    ],
  });
  const statuses = new Map<bigint, Map<number, CodeStatus>>();
  for (const { batch_id, status, from, to } of rows) {
    const ofBatch = statuses.get(batch_id) ?? new Map<number, CodeStatus>();
    for (let place = from; place < to; place++) ofBatch.set(place, status);
    statuses.set(batch_id, ofBatch);
  }
  return positions.map(({ batchId, place }) => statuses.get(batchId)?.get(place) ?? 'unassigned');
}

export interface StatusCount {
  batchId: bigint;
  /** Never `unassigned`: that is what a batch's number of codes leaves. */
  status: CodeStatus;
  /** Above 0. */
  count: number;
}

/** How many generated codes of each batch have each status; reads one small row for each 10,000 codes and status. */
export async function statusCounts(client: Client, batchIds: readonly bigint[]): Promise<StatusCount[]> {
  const { rows } = await client.query<{ batch_id: bigint; status: CodeStatus; count: bigint }>(
    `SELECT batch_id, status, sum(count) AS count FROM code_status WHERE batch_id = ANY ($1::bigint[])
      GROUP BY batch_id, status ORDER BY batch_id, status`,
    [batchIds],
  );
  return rows.map((row) => ({ batchId: row.batch_id, status: row.status, count: Number(row.count) }));
}

/**
 * Positions of a batch whose status is not `unassigned`, in order. Two that touch may have the same status. There
 * can be as many as positions are asked for: who reads a whole batch asks by parts, as by chunk.
 * @param part positions from `from` on, below `to`
 */
export async function statusRanges(
  client: Client,
  batchId: bigint,
  { from, to }: { from: number; to: number },
): Promise<StatusRange[]> {
  if (to <= from) return [];
  const { rows } = await client.query<StatusRange>({
    name: 'status-ranges',
    text: `SELECT lower(part) AS from, upper(part) AS to, status
             FROM code_status CROSS JOIN LATERAL unnest(places * int4multirange(int4range($2::int, $3::int))) AS part
            WHERE batch_id = $1 AND block BETWEEN $2::int / ${BLOCK_SIZE} AND ($3::int - 1) / ${BLOCK_SIZE}
            ORDER BY lower(part)`,
    values: [batchId, from, to],
  });
  return rows;
}
