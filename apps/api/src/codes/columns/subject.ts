import { type Client, companyPrefixLengthOf, type NamespaceKey } from '@codemint/db';
import { type JobType, parseProductKey } from '@codemint/shared';
import type { CodeBatch } from '../codeBatch';
import { type LinkHeads, linkHeads } from '../links';

/** What the columns of a batch's codes are made of. */
export interface ColumnSubject extends LinkHeads {
  type: JobType;
  product: string | null;
  /** GTIN-14 or the 13 digits of the asset type; empty where the codes have none. */
  key: string;
  /** Digits of the company prefix; null where nobody has said how many. */
  prefixLength: number | null;
  /** When the last of its codes was made. */
  made: Date;
}

interface Row {
  account: string | null;
  prefix: string | null;
  made: Date;
}

export async function columnSubject(client: Client, batch: CodeBatch): Promise<ColumnSubject> {
  const { rows } = await client.query<Row>({
    name: 'column-subject',
    text: `SELECT b.account_id AS account, j.sscc_company_prefix AS prefix,
                  coalesce(b.date_completed, b.date_created) AS made
             FROM batch b LEFT JOIN identifier_job j ON j.batch_id = b.id WHERE b.id = $1`,
    values: [batch.batchId],
  });
  const row = rows[0];
  if (row === undefined) throw new Error(`no batch ${batch.batchId}`);
  const { type, product, path } = batch;
  const key = (path === null ? null : parseProductKey(path))?.key ?? '';
  const prefixLength =
    type === 'sscc'
      ? (row.prefix?.length ?? null)
      : await keyPrefixLength(client, { kind: type, key }, { accountId: row.account, product });
  return { type, product, key, prefixLength, made: row.made, ...linkHeads(batch) };
}

/**
 * Digits of the company prefix in a GTIN or an asset type, 4 to 12, as a policy of the product or its account says;
 * null where nobody has said how many.
 */
export async function keyPrefixLength(
  client: Client,
  { kind, key }: NamespaceKey,
  { accountId, product }: { accountId: string | null; product: string | null },
): Promise<number | null> {
  if (kind !== 'sgtin' && kind !== 'grai') return null;
  // A GTIN-8: five zeros and three digits are its prefix (EPC TDS, section 7.3.2).
  if (kind === 'sgtin' && key.startsWith('000000')) return 8;
  return accountId === null ? null : companyPrefixLengthOf(client, { accountId, product });
}
