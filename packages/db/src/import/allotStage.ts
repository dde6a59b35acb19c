import type { KeyRing } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { registerSupplied } from '../allotment/allotSupplied';
import type { Actor } from '../audit/actor';
import { recordAudit } from '../audit/recordAudit';
import { inTransactionOn } from '../connection/transaction';
import { type LockedNamespace, lockOrder, takeSequence } from '../pools/namespaces';
import { accountLinkHost } from './importJobs';
import { stagedCodes } from './stage';
import type { Target } from './targets';

/** A rival took a code between the check and the allotment: the check will say which. */
class LostRaceError extends Error {}

/** Products and domains that the audit log names of an import. */
const TOLD_SUBJECTS = 20;

/**
 * Allots all staged lines to their importer, or none.
 * @param actor who imports, for the audit log
 * @param where as takeSequence
 * @param importedCodes told after each page how many there are so far
 * @returns false when a code, an id or a job's batch is not to be had any more
 */
export async function allotStage(
  client: PoolClient,
  ring: KeyRing,
  targets: readonly Target[],
  actor: Actor | undefined,
  where: 'home' | 'anywhere',
  importedCodes: (count: number) => void,
): Promise<boolean> {
  const sorted = [...targets].sort((a, b) => (lockOrder(a.namespace) < lockOrder(b.namespace) ? -1 : 1));
  const allot = async () => {
    // Another import of the same product may well take longer than a request usually waits.
    await client.query(`SET LOCAL lock_timeout = '60 s'`);
    const namespaces: LockedNamespace[] = [];
    for (const target of sorted) namespaces.push(await takeSequence(client, target.namespace, where));
    await lockBatches(client, sorted);
    let count = 0;
    for (const [i, target] of sorted.entries()) {
      const namespace = namespaces[i] as LockedNamespace;
      const batchId = await openBatch(client, namespace, target);
      for await (const codes of stagedCodes(client, target)) {
        const owner = { batchId, origin: 'imported' } as const;
        const refused = await registerSupplied(client, ring, namespace, owner, codes);
        if (refused.length > 0) throw new LostRaceError();
        count += codes.length;
        importedCodes(count);
      }
    }
    await recordImports(client, actor, targets);
  };
  try {
    await inTransactionOn(client, allot, actor);
    return true;
  } catch (error) {
    if (error instanceof LostRaceError) return false;
    throw error;
  }
}

/** One row an account: its codes are too many to be told one by one. */
async function recordImports(
  client: PoolClient,
  actor: Actor | undefined,
  targets: readonly Target[],
): Promise<void> {
  for (const accountId of new Set(targets.map((target) => target.accountId))) {
    const own = targets.filter((target) => target.accountId === accountId);
    const quantity = own.reduce((sum, { lines }) => sum + lines, 0);
    const subjects = own.slice(0, TOLD_SUBJECTS).map(({ product, domain }) => product ?? domain);
    const details = { quantity, subjects };
    await recordAudit(client, actor, {
      action: 'import',
      collection: 'unique_code',
      item: null,
      accountId,
      details,
    });
  }
}

/** Those of former jobs, ascending as everywhere: their codes' statuses may be set meanwhile. */
async function lockBatches(client: PoolClient, targets: readonly Target[]): Promise<void> {
  const ids = targets.flatMap(({ jobBatchId }) => (jobBatchId === null ? [] : [jobBatchId]));
  await client.query('SELECT 1 FROM batch WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE', [
    ids,
  ]);
}

/** The batch that a target's codes go to. */
async function openBatch(
  client: PoolClient,
  { id: namespaceId }: LockedNamespace,
  target: Target,
): Promise<bigint> {
  if (target.jobBatchId === null) return createBatch(client, target, namespaceId);
  const { rowCount } = await client.query(
    `UPDATE batch SET namespace_id = $2,
            link_host = coalesce((SELECT d.domain_name FROM identifier_job j JOIN domain d ON d.id = j.domain
                                   WHERE j.batch_id = $1), ${linkHost})
      WHERE id = $1 AND pool_id IS NULL AND status <> 'cancelled' AND (namespace_id IS NULL OR namespace_id = $2)`,
    [target.jobBatchId, namespaceId, target.domain, target.accountId],
  );
  if (rowCount === 0) throw new LostRaceError();
  return target.jobBatchId;
}

const linkHost = `coalesce($3::text, ${accountLinkHost('$4::uuid')})`;

async function createBatch(client: PoolClient, target: Target, namespaceId: bigint): Promise<bigint> {
  const { rows } = await client.query<{ id: bigint }>(
    `INSERT INTO batch (account_id, namespace_id, quantity, quantity_created, unassigned, status, date_completed, link_host)
     VALUES ($4, $1, $2, $2, 0, 'complete', now(), ${linkHost}) RETURNING id`,
    [namespaceId, target.lines, target.domain, target.accountId],
  );
  return (rows[0] as { id: bigint }).id;
}
