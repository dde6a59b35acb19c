import type { Client } from '../connection/database';

/** Whose codes are given out: what a product's own policy says comes before what that of its account does. */
export interface PolicySubject {
  accountId: string;
  /** Id of the product; null for short codes. */
  product: string | null;
}

/** What holds for a product: its own value where it is set, else that of its account. */
function policyValue(column: string, account: string, product: string): string {
  return `coalesce((SELECT min(${column}) FROM issuing_policy WHERE product = ${product}::text),
                   (SELECT ${column} FROM issuing_policy WHERE account = ${account}::uuid AND product IS NULL))`;
}

/** The limit of an account and product, the two parameters of the statement, as an expression. */
export function policyExpression(account: string, product: string): string {
  return policyValue('max_guess_probability', account, product);
}

/** How likely a guess may hit a code that was given out, 0 to 1; null where that is not limited. */
export async function policyOf(
  client: Client,
  { accountId, product }: PolicySubject,
): Promise<number | null> {
  const { rows } = await client.query<{ limit: number | null }>({
    name: 'policy-of',
    text: `SELECT ${policyExpression('$1', '$2')} AS "limit"`,
    values: [accountId, product],
  });
  return rows[0]?.limit ?? null;
}

/**
 * Digits of the GS1 company prefix in the product's GTIN or GRAI: 4 to 12; null where nobody has said. EPCs know 6 to 12:
 * one of 4 or 5 is encoded as 6 (TDS 2, section 7.1).
 */
export async function companyPrefixLengthOf(
  client: Client,
  { accountId, product }: PolicySubject,
): Promise<number | null> {
  const { rows } = await client.query<{ length: number | null }>({
    name: 'company-prefix-length-of',
    text: `SELECT ${policyValue('company_prefix_length', '$1', '$2')} AS length`,
    values: [accountId, product],
  });
  return rows[0]?.length ?? null;
}
