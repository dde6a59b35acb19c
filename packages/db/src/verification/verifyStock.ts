import { type KeyRing, PoolKeyError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Database } from '../connection/database';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns } from '../pools/pools';
import type { Difference, Report } from './differences';
import { findBatch, type VerifiedBatch } from './verifiedBatch';
import { verifyGenerated } from './verifyGenerated';
import { verifySupplied } from './verifySupplied';

/** What to verify: everything, or some batches with the pools of their namespaces. */
export type StockSelection = 'all' | readonly bigint[];

interface VerificationProgress {
  batches: number;
  codes: number;
}

interface VerificationReport {
  onDifference(difference: Difference): void;
  onProgress(progress: VerificationProgress): void;
}

const AT_ONCE = 500;

/**
 * Makes the codes of batches again from their pools and compares them with what is stored; checks counts, that each
 * code is its batch's and nobody else's, and that the master keys are those of before. Reads only, each batch as it is
 * at one moment: work goes on meanwhile, and what is unfinished is verified as far as it is.
 * @returns how much was verified
 */
export async function verifyStock(
  database: Database,
  ring: KeyRing,
  selection: StockSelection,
  { onDifference, onProgress }: VerificationReport,
): Promise<VerificationProgress> {
  await verifyPools(database, ring, selection, onDifference);
  const done: VerificationProgress = { batches: 0, codes: 0 };
  const client = await database.pool.connect();
  try {
    for await (const batchId of batchIds(client, selection)) {
      await atOneMoment(client, () =>
        verifyBatch(client, ring, batchId, onDifference, (codes) => {
          done.codes += codes;
          onProgress(done);
        }),
      );
      done.batches++;
      onProgress(done);
    }
    return done;
  } finally {
    client.release();
  }
}

/** Numbers of the batches of a job or an order, short ids too; none if there is no such job or order. */
export async function batchesOfJobOrOrder({ pool }: Database, id: string): Promise<bigint[]> {
  const { rows } = await pool.query<{ batch_id: bigint }>(
    `SELECT batch_id FROM identifier_job WHERE id::text = lower($1)
      UNION SELECT batch_id FROM adi_order WHERE id = $1
      UNION SELECT short_batch_id FROM adi_order WHERE id = $1 AND short_batch_id IS NOT NULL
      ORDER BY batch_id`,
    [id],
  );
  return rows.map((row) => row.batch_id);
}

async function* batchIds(client: PoolClient, selection: StockSelection): AsyncGenerator<bigint> {
  if (selection !== 'all') return yield* selection;
  for (let after = 0n; ; ) {
    const { rows } = await client.query<{ id: bigint }>(
      `SELECT id FROM batch WHERE id > $1 ORDER BY id LIMIT ${AT_ONCE}`,
      [after],
    );
    for (const { id } of rows) yield id;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

async function atOneMoment(client: PoolClient, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

async function verifyBatch(
  client: PoolClient,
  ring: KeyRing,
  batchId: bigint,
  onDifference: VerificationReport['onDifference'],
  onCodes: (count: number) => void,
): Promise<void> {
  const batch = await findBatch(client, batchId);
  // One that was brought in without its codes has nothing to verify.
  if (batch === undefined) return;
  const report: Report = (where, what, shouldBe) =>
    onDifference({ batchId, owner: ownerOf(batch), where, what, shouldBe: shouldBe ?? null });
  const verify = batch.poolId === null ? verifySupplied : verifyGenerated;
  await verify({ client, ring, batch, report, onCodes });
}

function ownerOf({ jobId, orderId }: VerifiedBatch): string | null {
  if (jobId !== null) return `job ${jobId}`;
  return orderId === null ? null : `order ${orderId}`;
}

/** Each pool makes the codes that it was opened with, or nobody can tell whose they are. */
async function verifyPools(
  { pool: connections }: Database,
  ring: KeyRing,
  selection: StockSelection,
  onDifference: VerificationReport['onDifference'],
): Promise<void> {
  for (let after = 0n; ; ) {
    const { rows } = await connections.query<PoolColumns>(
      `SELECT ${POOL_COLUMNS} FROM pool p JOIN namespace n ON n.id = p.namespace_id
        WHERE p.id > $1 AND p.algorithm <> 'sscc'
          AND ($2::bigint[] IS NULL
               OR p.namespace_id IN (SELECT namespace_id FROM batch WHERE id = ANY ($2::bigint[])))
        ORDER BY p.id LIMIT ${AT_ONCE}`,
      [after, selection === 'all' ? null : selection],
    );
    for (const row of rows) {
      const what = keyIssue(ring, row);
      const where = `pool ${row.pool_id} (${row.kind} ${row.key}, length ${row.length})`;
      if (what !== undefined) onDifference({ batchId: null, owner: null, where, what, shouldBe: null });
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.pool_id;
  }
}

function keyIssue(ring: KeyRing, row: PoolColumns): string | undefined {
  try {
    ring.cipher(poolFromColumns(row));
    return undefined;
  } catch (error) {
    if (error instanceof PoolKeyError) return error.message;
    throw error;
  }
}
