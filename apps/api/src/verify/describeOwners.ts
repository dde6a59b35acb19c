import { type CodeOwner, type NamespaceKey, statusesAt } from '@codemint/db';
import type { JobType } from '@codemint/shared';
import type { Scope } from '../items/scope';

/** What a caller is told of an issued code, besides the code as he sent it. */
export interface Issue {
  /** Null for the identifiers of ADI orders that are of no product's number. */
  type: JobType | null;
  product: string | null;
  /** Host name. */
  domain: string | null;
  identifierJob: string | null;
  /** Id of the ADI order, also for its short ids. */
  order: string | null;
  dateCreated: Date | null;
  status: string;
}

interface BatchRow {
  batch_id: bigint;
  kind: NamespaceKey['kind'];
  product: string | null;
  domain: string | null;
  identifier_job: string | null;
  order_id: string | null;
  date_created: Date | null;
}

/** Imported codes are of no job or order: they have the path of their namespace, and dates of their own. */
const BATCHES = `
  SELECT b.id AS batch_id, n.kind, j.id AS identifier_job, o.id AS order_id,
         coalesce(j.product, o.product,
                  CASE n.kind WHEN 'sgtin' THEN '/01/' || n.key WHEN 'grai' THEN '/8003/0' || n.key END) AS product,
         CASE WHEN n.kind = 'short_code' THEN n.key END AS domain,
         coalesce(j.date_created, o.date_created) AS date_created
    FROM batch b JOIN namespace n ON n.id = b.namespace_id
    LEFT JOIN identifier_job j ON j.batch_id = b.id
    LEFT JOIN LATERAL (SELECT * FROM adi_order WHERE batch_id = b.id
                        UNION ALL SELECT * FROM adi_order WHERE short_batch_id = b.id) AS o ON true
   WHERE b.id = ANY ($1::bigint[]) AND ($2::uuid IS NULL OR b.account_id = $2)`;

/**
 * What owners are told of, each in its place; undefined where there is no owner or the caller may not see him.
 */
export async function describeOwners(
  { context, caller }: Scope,
  owners: readonly (CodeOwner | undefined)[],
): Promise<(Issue | undefined)[]> {
  const { pool } = context.database;
  const ids = [...new Set(owners.flatMap((owner) => owner?.batchId ?? []))];
  if (ids.length === 0) return owners.map(() => undefined);
  const { rows } = await pool.query<BatchRow>({
    name: 'batches-of-owners',
    text: BATCHES,
    values: [ids, caller.accountId],
  });
  const batches = new Map(rows.map((row) => [row.batch_id, row]));
  const visible = owners.filter((owner) => owner !== undefined && batches.has(owner.batchId)) as CodeOwner[];
  const states = await statesOf(pool, visible);
  return owners.map((owner) => {
    const batch = owner && batches.get(owner.batchId);
    if (owner === undefined || batch === undefined) return undefined;
    const { kind, product, domain, identifier_job: identifierJob, order_id: order } = batch;
    const { status, dateCreated = batch.date_created } = states.get(owner) as State;
    return { type: kind === 'adi' ? null : kind, product, domain, identifierJob, order, status, dateCreated };
  });
}

interface State {
  status: string;
  /** Supplied codes have one of their own, generated ones that of their job or order. */
  dateCreated?: Date;
}

async function statesOf(
  pool: Scope['context']['database']['pool'],
  owners: readonly CodeOwner[],
): Promise<Map<CodeOwner, State>> {
  const generated = owners.filter(({ isSupplied }) => !isSupplied);
  const supplied = owners.filter(({ isSupplied }) => isSupplied);
  const marks = await statusesAt(pool, generated);
  const states = new Map<CodeOwner, State>();
  for (const [i, owner] of generated.entries())
    states.set(owner, { status: marks[i]?.status ?? 'unassigned' });
  if (supplied.length === 0) return states;
  const { rows } = await pool.query<{ batch_id: bigint; place: number; status: string; date_created: Date }>({
    name: 'states-of-registered',
    // Batch by batch, each in one look through the index.
    text: `SELECT r.batch_id, r.place, r.status, r.date_created
             FROM (SELECT batch_id, array_agg(place) AS places
                     FROM unnest($1::bigint[], $2::int[]) AS one (batch_id, place) GROUP BY batch_id) AS asked
            CROSS JOIN LATERAL (SELECT * FROM registry
                                 WHERE batch_id = asked.batch_id AND place = ANY (asked.places)) AS r`,
    values: [supplied.map(({ batchId }) => batchId), supplied.map(({ place }) => place)],
  });
  const registered = new Map(rows.map((row) => [`${row.batch_id} ${row.place}`, row]));
  for (const owner of supplied) {
    const row = registered.get(`${owner.batchId} ${owner.place}`);
    if (row !== undefined) states.set(owner, { status: row.status, dateCreated: row.date_created });
  }
  return states;
}
