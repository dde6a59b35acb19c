import type { KeyRing } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { NamespaceKey } from '../pools/namespaces';
import type { Report } from './differences';

/** A batch with what its counters say. */
export interface VerifiedBatch {
  id: bigint;
  /** Null: its codes came from outside. */
  poolId: bigint | null;
  namespaceId: bigint;
  namespace: NamespaceKey;
  status: string;
  quantity: number;
  created: number;
  openSlices: number;
  /** Null where its codes are not to be taken. */
  unassigned: number | null;
  jobId: string | null;
  orderId: string | null;
}

/** What the verification of one batch works with. */
export interface BatchWork {
  client: PoolClient;
  ring: KeyRing;
  batch: VerifiedBatch;
  report: Report;
  /** Told of codes that are verified. */
  onCodes(count: number): void;
}

/** Undefined for a batch of which no code is known, and one that is not there. */
export async function findBatch(client: PoolClient, id: bigint): Promise<VerifiedBatch | undefined> {
  const { rows } = await client.query<VerifiedBatch & NamespaceKey>({
    name: 'verified-batch',
    text: `SELECT b.id, b.pool_id AS "poolId", b.namespace_id AS "namespaceId", n.kind, n.key, b.status,
                  coalesce(b.quantity, 0) AS quantity, b.quantity_created AS created,
                  b.open_slices AS "openSlices", b.unassigned, j.id AS "jobId",
                  coalesce(o.id, s.id) AS "orderId"
             FROM batch b JOIN namespace n ON n.id = b.namespace_id
             LEFT JOIN identifier_job j ON j.batch_id = b.id
             LEFT JOIN adi_order o ON o.batch_id = b.id
             LEFT JOIN adi_order s ON s.short_batch_id = b.id
            WHERE b.id = $1`,
    values: [id],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { kind, key, ...batch } = row;
  return { ...batch, namespace: { kind, key } };
}
