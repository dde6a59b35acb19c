import type { Database } from '../connection/database';

/** A row of the audit log. */
export interface AuditEntry {
  id: bigint;
  date_created: Date;
  /** Null for what the service or the command line did: `details` tells which application. */
  user_id: string | null;
  /** Of the user, as it is now. */
  email: string | null;
  token_id: string | null;
  account_id: string | null;
  action: string;
  collection: string;
  item: string | null;
  details: unknown;
  request_id: string | null;
  address: string | null;
}

export interface AuditSelection {
  accountId?: string;
  /** Id of the user. */
  userId?: string;
  collection?: string;
  since?: Date;
  /** Most entries; the newest ones. */
  limit: number;
}

/** What was done, the newest first. */
export async function listAudit(
  { pool }: Pick<Database, 'pool'>,
  { accountId, userId, collection, since, limit }: AuditSelection,
): Promise<AuditEntry[]> {
  const { rows } = await pool.query<AuditEntry>(
    `SELECT a.id, a.date_created, a.user_id, u.email, a.token_id, a.account_id, a.action, a.collection, a.item, a.details,
            a.request_id, a.address
       FROM audit_log a LEFT JOIN users u ON u.id = a.user_id
      WHERE ($1::uuid IS NULL OR a.account_id = $1) AND ($2::uuid IS NULL OR a.user_id = $2)
        AND ($3::text IS NULL OR a.collection = $3) AND ($4::timestamptz IS NULL OR a.date_created >= $4)
      ORDER BY a.id DESC LIMIT $5`,
    [accountId, userId, collection, since, limit],
  );
  return rows;
}
