import type { Client, Database } from '../connection/database';

/** Something that was done and that no changed row tells. */
export interface Audited {
  /** A verb: `download`, `export`, `retry` … */
  action: string;
  collection: string;
  /** Primary key of what it was done to; null where that is a selection, which `details` tells. */
  item: string | null;
  /** Whose it is; null where it is of several accounts or of none. */
  accountId: string | null;
  /** Plain values, never a secret. */
  details?: object;
}

/**
 * Writes one row of the audit log. Rows of tables that are made, changed or deleted need none: triggers of these tables
 * write theirs, in the same transaction.
 * @param client of the transaction that does it, or the pool
 */
export async function recordAudit(
  client: Client,
  actor: Database['actor'],
  { action, collection, item, accountId, details }: Audited,
): Promise<void> {
  await client.query({
    name: 'record-audit',
    text: `INSERT INTO audit_log (user_id, token_id, request_id, address, action, collection, item, account_id, details)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8,
                  $9::jsonb || CASE WHEN $1::uuid IS NULL THEN jsonb_build_object('application', current_setting('application_name'))
                                    ELSE '{}' END`,
    values: [
      actor?.userId, actor?.tokenId, actor?.requestId, actor?.address,
      action, collection, item, accountId, storableJson(details ?? {}),
    ], // biome-ignore format: in the order of the columns
  });
}

/** As JSON.stringify; what Postgres keeps in no text, NUL and half a surrogate pair, becomes U+FFFD. */
function storableJson(value: object): string {
  return JSON.stringify(value).replace(/\\(u0000|ud[89a-f]..|.)/g, (text, code: string) =>
    code.length > 1 ? '\\ufffd' : text,
  );
}
