import { decodeCodes } from '../pools/decodeCodes';
import { poolsOfNamespace } from '../pools/pools';
import { compareCount } from './differences';
import { cipherIfKnown, ownersIfKnown } from './knownPools';
import type { BatchWork } from './verifiedBatch';

const AT_ONCE = 10_000;

interface Row {
  code: string;
  place: number;
  sequence: bigint;
  status: string;
}

/**
 * Verifies supplied codes: that nobody had them at their sequence, and that each pool that could make them knows it.
 */
export async function verifySupplied(work: BatchWork): Promise<void> {
  const { client, batch, report, onCodes } = work;
  // Those of deleted jobs are nobody's.
  if (batch.status === 'cancelled') return;
  let codes = 0;
  let unassigned = 0;
  for (let after = -1; ; ) {
    const { rows } = await client.query<Row>({
      name: 'registered-by-place',
      text: `SELECT code, place, sequence, status FROM registry WHERE batch_id = $1 AND place > $2
              ORDER BY place LIMIT ${AT_ONCE}`,
      values: [batch.id, after],
    });
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.place;
    await verifyOwners(work, rows);
    await verifyIndexes(work, rows);
    codes += rows.length;
    unassigned += rows.filter(({ status }) => status === 'unassigned').length;
    onCodes(rows.length);
  }
  // A job that was brought in counts what it had in the former system.
  if (batch.jobId === null && batch.status === 'complete') {
    compareCount(report, 'quantity_created', batch.created, codes);
  }
  if (batch.unassigned !== null) compareCount(report, 'unassigned', batch.unassigned, unassigned);
}

async function verifyOwners(work: BatchWork, rows: readonly Row[]): Promise<void> {
  const { batch, report } = work;
  const owners = await ownersIfKnown(
    work,
    rows.map(({ code }) => code),
  );
  if (owners === undefined) return;
  for (const [i, { code, place }] of rows.entries()) {
    const owner = owners[i];
    if (owner?.isSupplied && owner.batchId === batch.id && owner.place === place) continue;
    report(
      `registered code "${code}"`,
      'was given out before it was registered',
      'free at its sequence number',
    );
  }
}

/** Slices find registered codes by their indexes: one that is missing would be given out again. */
async function verifyIndexes(
  { client, ring, batch, report }: BatchWork,
  rows: readonly Row[],
): Promise<void> {
  const codes = rows.map(({ code }) => code);
  for (const pool of await poolsOfNamespace(client, batch.namespaceId)) {
    const cipher = cipherIfKnown(ring, pool);
    if (cipher === undefined) continue;
    const indexes = decodeCodes(cipher, codes);
    const able = rows.flatMap((row, i) => {
      const index = indexes[i] as number;
      return index < pool.space ? [{ ...row, index }] : [];
    });
    if (able.length === 0) continue;
    const found = await client.query<{ index: bigint; sequence: bigint }>({
      name: 'registry-indexes',
      text: 'SELECT index, sequence FROM registry_index WHERE pool_id = $1 AND index = ANY ($2::bigint[])',
      values: [pool.id, able.map(({ index }) => index)],
    });
    const sequences = new Map(found.rows.map(({ index, sequence }) => [Number(index), sequence]));
    for (const { code, index, sequence } of able) {
      const known = sequences.get(index);
      if (known === sequence) continue;
      const what = known === undefined ? 'is missing' : `has the sequence number ${known}`;
      report(`registered code "${code}"`, `its index ${index} in pool ${pool.id} ${what}`, String(sequence));
    }
  }
}
