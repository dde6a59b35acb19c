import { firstAccountId } from '@codemint/db';
import { type KnownDomain, loadOnlyDomains } from '../../../domains/onlyDomains';
import type { Scope } from '../../scope';
import type { Input } from '../input';

/** What the jobs of a submission refer to, as far as the caller may see it. */
export interface References {
  /** Owners by product. */
  readonly products: ReadonlyMap<string, string>;
  readonly domains: ReadonlyMap<string, KnownDomain & { accountId: string }>;
  readonly accounts: ReadonlySet<string>;
  /** The domain of each account that has exactly one. */
  readonly onlyDomains: ReadonlyMap<string, KnownDomain>;
  /** Account of jobs that nothing else gives one. */
  readonly homeAccountId: string;
}

/** Reads all that the inputs refer to, in a number of queries that does not depend on how many they are. */
export async function loadReferences(scope: Scope, inputs: readonly Input[]): Promise<References> {
  const { database } = scope.context;
  const { accountId } = scope.caller;
  const named = (field: string) => [
    ...new Set(inputs.map(({ values }) => values.get(field)).filter((value) => typeof value === 'string')),
  ];
  const [products, domains, accounts, homeAccountId] = await Promise.all([
    loadProducts(scope, named('product')),
    loadDomains(scope, named('domain')),
    loadAccounts(scope, named('account')),
    accountId ?? firstAccountId(database),
  ]);
  const owners = [homeAccountId, ...accounts, ...products.values()];
  const onlyDomains = await loadOnlyDomains(database, [...new Set(owners)]);
  return { products, domains, accounts, onlyDomains, homeAccountId };
}

/** `$2`: null for a caller who sees every account. */
const VISIBLE = '($2::uuid IS NULL OR account_id = $2)';

async function loadProducts({ context, caller }: Scope, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, string>();
  const { rows } = await context.database.pool.query<{ id: string; account_id: string }>(
    `SELECT id, account_id FROM product WHERE id = ANY ($1::text[]) AND ${VISIBLE}`,
    [ids, caller.accountId],
  );
  return new Map(rows.map((row) => [row.id, row.account_id]));
}

async function loadDomains({ context, caller }: Scope, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, KnownDomain & { accountId: string }>();
  const { rows } = await context.database.pool.query<{ id: string; name: string; account_id: string }>(
    `SELECT id, domain_name AS name, account_id FROM domain WHERE id = ANY ($1::uuid[]) AND ${VISIBLE}`,
    [ids, caller.accountId],
  );
  return new Map(rows.map(({ id, name, account_id }) => [id, { id, name, accountId: account_id }]));
}

async function loadAccounts({ context, caller }: Scope, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await context.database.pool.query<{ id: string }>(
    'SELECT id FROM account WHERE id = ANY ($1::uuid[]) AND ($2::uuid IS NULL OR id = $2)',
    [ids, caller.accountId],
  );
  return new Set(rows.map((row) => row.id));
}
