import type { Database } from '@codemint/db';

export interface KnownDomain {
  id: string;
  name: string;
}

/** The domain of each of the accounts that has exactly one: the host of its links. */
export async function loadOnlyDomains(
  { pool }: Database,
  accountIds: readonly string[],
): Promise<Map<string, KnownDomain>> {
  const { rows } = await pool.query<KnownDomain & { account_id: string }>({
    name: 'only-domains',
    text: `SELECT account_id, min(id::text) AS id, min(domain_name) AS name FROM domain
            WHERE account_id = ANY ($1::uuid[]) GROUP BY account_id HAVING count(*) = 1`,
    values: [accountIds],
  });
  return new Map(rows.map(({ account_id, id, name }) => [account_id, { id, name }]));
}
