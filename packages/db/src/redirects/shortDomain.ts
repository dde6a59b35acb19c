import type { StoredPool } from '@codemint/shared';
import type { Client } from '../connection/database';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns } from '../pools/pools';

/** A configured domain, as far as its short codes need it to be known. */
export interface ShortDomain {
  accountId: string;
  /** Null while it has had no codes. */
  namespaceId: bigint | null;
  /** All pools of its namespace. */
  pools: readonly StoredPool[];
}

type Row = { account_id: string; namespace_id: bigint | null } & (PoolColumns | { pool_id: null });

/** @param name a host name in lower case, as punycode if it is international */
export async function findShortDomain(client: Client, name: string): Promise<ShortDomain | undefined> {
  const { rows } = await client.query<Row>({
    name: 'short-domain',
    text: `SELECT d.account_id, n.id AS namespace_id, ${POOL_COLUMNS}
             FROM domain d LEFT JOIN namespace n ON n.kind = 'short_code' AND n.key = d.domain_name
             LEFT JOIN pool p ON p.namespace_id = n.id
            WHERE d.domain_name = $1 ORDER BY p.id`,
    values: [name],
  });
  const [first] = rows;
  if (first === undefined) return undefined;
  const pools = rows.flatMap((row) => (row.pool_id === null ? [] : [poolFromColumns(row)]));
  return { accountId: first.account_id, namespaceId: first.namespace_id, pools };
}
