import { firstAccountId } from '@codemint/db';
import { UnknownReferenceError, ValidationError } from '@codemint/shared';
import type { KnownDomain } from '../../domains/onlyDomains';
import type { Collection } from '../collection';
import type { Scope } from '../scope';
import type { FieldErrors } from './fieldErrors';
import { type Input, textOf } from './input';

/** What the items of a submission refer to, as far as the caller may see it. */
export interface References {
  /** Owners by product. */
  readonly products: ReadonlyMap<string, string>;
  readonly domains: ReadonlyMap<string, KnownDomain & { accountId: string }>;
  readonly accounts: ReadonlySet<string>;
  /** Account of items that nothing else gives one. */
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
  return { products, domains, accounts, homeAccountId };
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

/**
 * The account of an item: that of its product, else of its domain, else the one in the body, else the caller's.
 * References that lead nowhere, or to different accounts, are told to the errors.
 */
export function resolveAccount(
  collection: Collection,
  { values }: Input,
  references: References,
  errors: FieldErrors,
): string {
  const referred = <Known>(field: string, known: ReadonlyMap<string, Known>): Known | undefined => {
    const key = textOf(values, field);
    if (key === null) return undefined;
    const found = known.get(key);
    if (found === undefined) errors.add(field, new UnknownReferenceError(collection.name, field, key));
    return found;
  };
  const product = referred('product', references.products);
  const domain = referred('domain', references.domains);
  const sent = textOf(values, 'account');
  if (sent !== null && !references.accounts.has(sent)) {
    errors.add('account', new UnknownReferenceError(collection.name, 'account', sent));
  }
  if (product !== undefined && domain !== undefined && product !== domain.accountId) {
    errors.add(
      'domain',
      ValidationError.of('domain', 'eq', "Value has to be a domain of the product's account."),
    );
  }
  const owner = product ?? domain?.accountId;
  if (owner !== undefined && sent !== null && sent !== owner) {
    const message = `Value has to be "${owner}", the account of its ${product ? 'product' : 'domain'}.`;
    errors.add('account', ValidationError.of('account', 'eq', message, owner));
  }
  return owner ?? (sent !== null && references.accounts.has(sent) ? sent : references.homeAccountId);
}
