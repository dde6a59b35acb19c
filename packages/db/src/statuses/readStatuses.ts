import type { Client } from '../connection/database';
import { arrayOf, BLOCK_SIZE, type CodeStatus, type Run, runsOf } from './blocks';

/** What is set on a code. */
export interface CodeMark {
  status: CodeStatus;
  /** Id of the reservation that took the code; none has an `unassigned` one. */
  reservation: string | null;
}

/** Of every code that nothing is stored for. */
export const UNMARKED: CodeMark = { status: 'unassigned', reservation: null };

/** Positions of a batch side by side that have one mark, never `unassigned`: that is every position in no range. */
export interface StatusRange extends Run, CodeMark {}

/** SQL: `reserved_by.id`, the reservation of the row `s` of code_status. */
export const RESERVED_BY =
  'LEFT JOIN code_reservation reserved_by ON s.reservation > 0 AND reserved_by.number = s.reservation';

/**
 * What is set on generated codes, by their positions in batches, in the order of the positions given: one statement,
 * linear in their number.
 * @param positions any number of them, of any batches; such as have no code count as `unassigned`
 */
export async function statusesAt(
  client: Client,
  positions: readonly { batchId: bigint; place: number }[],
): Promise<CodeMark[]> {
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
    text: `SELECT s.batch_id, s.status, reserved_by.id AS reservation, lower(part) AS from, upper(part) AS to
             FROM (SELECT batch_id, first / ${BLOCK_SIZE} AS block, range_agg(int4range(first, behind)) AS places
                     FROM unnest($1::bigint[], $2::int[], $3::int[]) AS run (batch_id, first, behind)
                    GROUP BY 1, 2) AS asked
             JOIN code_status s ON s.batch_id = asked.batch_id AND s.block = asked.block ${RESERVED_BY}
            CROSS JOIN LATERAL unnest(s.places * asked.places) AS part`,
    values: [
      arrayOf(asked.map(({ batchId }) => batchId)),
      arrayOf(asked.map(({ from }) => from)),
      arrayOf(asked.map(({ to }) => to)),
    ],
  });
  const marks = new Map<bigint, Map<number, CodeMark>>();
  for (const { batch_id, status, reservation, from, to } of rows) {
    const ofBatch = marks.get(batch_id) ?? new Map<number, CodeMark>();
    const mark = { status, reservation };
    for (let place = from; place < to; place++) ofBatch.set(place, mark);
    marks.set(batch_id, ofBatch);
  }
  return positions.map(({ batchId, place }) => marks.get(batchId)?.get(place) ?? UNMARKED);
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
 * Positions of a batch whose status is not `unassigned`, in order. Two that touch may have the same mark. There
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
    text: `SELECT lower(part) AS from, upper(part) AS to, s.status, reserved_by.id AS reservation
             FROM code_status s ${RESERVED_BY}
            CROSS JOIN LATERAL unnest(s.places * int4multirange(int4range($2::int, $3::int))) AS part
            WHERE s.batch_id = $1 AND s.block BETWEEN $2::int / ${BLOCK_SIZE} AND ($3::int - 1) / ${BLOCK_SIZE}
            ORDER BY lower(part)`,
    values: [batchId, from, to],
  });
  return rows;
}
