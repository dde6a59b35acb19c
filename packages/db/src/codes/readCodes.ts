import type { Client } from '../connection/database';
import { CODE_AT, chunkOfPlace, HAS_CODE } from './chunkOfPlace';
import { codesOf, readCodeRuns } from './codeRuns';

/** A generated code and where in its batch it stands. */
export interface IssuedCode {
  batchId: bigint;
  /** Position among the batch's indexes: with the batch it is the code's id. */
  place: number;
  code: string;
}

/** Codes of a batch in the order of making, from the `offset`-th on; as `readCodeRuns`, one by one. */
export async function readCodes(
  client: Client,
  batchId: bigint,
  part: { offset: number; limit: number },
): Promise<IssuedCode[]> {
  const runs = await readCodeRuns(client, batchId, part);
  return runs.flatMap((run) =>
    codesOf(run).map((code, i) => ({ batchId, place: run.places[i] as number, code })),
  );
}

/**
 * The codes at some positions of batches, in the order of the positions given; there is none for a position that has
 * no code (not made yet, skipped, removed).
 */
export async function readCodesAt(
  client: Client,
  positions: readonly { batchId: bigint; place: number }[],
): Promise<IssuedCode[]> {
  const { rows } = await client.query<{ batch_id: bigint; place: bigint; code: Buffer }>(
    `SELECT wanted.batch_id, wanted.place, ${CODE_AT} AS code
       FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS wanted (batch_id, place, number)
       ${chunkOfPlace('wanted.batch_id', 'wanted.place')}
      WHERE ${HAS_CODE} ORDER BY number`,
    [positions.map(({ batchId }) => batchId), positions.map(({ place }) => place)],
  );
  return rows.map((row) => ({
    batchId: row.batch_id,
    place: Number(row.place),
    code: row.code.toString('utf8'),
  }));
}

/** The code at one position; undefined where there is none. */
export async function readCodeAt(
  client: Client,
  batchId: bigint,
  place: number,
): Promise<IssuedCode | undefined> {
  const [code] = await readCodesAt(client, [{ batchId, place }]);
  return code;
}

/** How many codes each of some batches has. */
export async function countCodes(client: Client, batchIds: readonly bigint[]): Promise<number> {
  const { rows } = await client.query<{ count: bigint }>(
    `SELECT coalesce(sum(quantity_created), 0)::bigint AS count FROM batch
      WHERE id = ANY ($1::bigint[]) AND status <> 'cancelled'`,
    [batchIds],
  );
  return Number(rows[0]?.count ?? 0n);
}
