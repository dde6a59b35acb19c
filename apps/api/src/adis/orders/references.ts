import { type Caller, type Client, type Database, firstAccountId, projectExists } from '@codemint/db';
import { isUuid, normaliseGtin, parseProductKey, ValidationError } from '@codemint/shared';
import { AdiError } from '../errors';

/** Whose an order is. */
export interface Owner {
  accountId: string;
  /** The order must not be made, which is told last. What it refers to is looked up in the caller's own account. */
  refusal?: AdiError;
}

/** The account that is asked for, or the caller's; of an administrator the installation's first one. */
export async function findOwner(
  database: Database,
  caller: Caller,
  target: string | undefined,
): Promise<Owner> {
  const accountId = caller.accountId ?? (await firstAccountId(database));
  const wanted = target?.toLowerCase() ?? accountId;
  if (wanted === accountId) return { accountId };
  if (caller.accountId === null && (await accountExists(database.pool, wanted))) return { accountId: wanted };
  const right =
    caller.accountId === null ? 'an account of this installation' : 'your own account, or left out';
  return {
    accountId,
    refusal: new AdiError(80000090, `metadata.targetAccount is not allowed: it has to be ${right}.`),
  };
}

async function accountExists(client: Client, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const { rowCount } = await client.query('SELECT 1 FROM account WHERE id = $1', [id]);
  return rowCount === 1;
}

export interface KnownProduct {
  id: string;
  gtin: string | null;
}

const FIELD = 'metadata.product';
const BY_GTIN = 'gs1:01:';

/**
 * The account's product with this id, or with the GTIN behind `gs1:01:`; null if none is asked for.
 * @throws ValidationError for a GTIN or GRAI that is none, AdiError if there is no such product or more than one
 */
export async function findProduct(
  client: Client,
  accountId: string,
  product: string | undefined,
): Promise<KnownProduct | null> {
  if (product === undefined) return null;
  const found = product.startsWith(BY_GTIN)
    ? await productsOfGtin(client, accountId, gtinOf(product.slice(BY_GTIN.length)))
    : await productsOfId(client, accountId, product);
  const [only, ...others] = found;
  if (only === undefined) {
    throw new AdiError(80000040, `${FIELD}: Your account has no product ${JSON.stringify(product)}.`);
  }
  if (others.length === 0) return only;
  const ids = found.map(({ id }) => JSON.stringify(id)).join(', ');
  throw new AdiError(80000140, `${FIELD}: ${ids} have this GTIN: name one of them by its id.`);
}

function gtinOf(digits: string): string {
  try {
    return normaliseGtin(FIELD, digits);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new AdiError(80000010, `${FIELD}: ${error.message}`);
  }
}

async function productsOfId(client: Client, accountId: string, id: string): Promise<KnownProduct[]> {
  // Only for its complaint about a check digit: any other text is the id of no product.
  parseProductKey(id, FIELD);
  const { rows } = await client.query<KnownProduct>({
    name: 'product-of-account',
    text: 'SELECT id, gtin FROM product WHERE account_id = $1 AND id = $2',
    values: [accountId, id],
  });
  return rows;
}

async function productsOfGtin(client: Client, accountId: string, gtin: string): Promise<KnownProduct[]> {
  const { rows } = await client.query<KnownProduct>({
    name: 'products-of-gtin',
    text: 'SELECT id, gtin FROM product WHERE account_id = $1 AND gtin = $2 ORDER BY id LIMIT 3',
    values: [accountId, gtin],
  });
  return rows;
}

/** @throws AdiError unless the account has this project */
export async function requireProject(
  client: Client,
  accountId: string,
  project: string | undefined,
): Promise<void> {
  if (project === undefined || (await projectExists(client, project, accountId))) return;
  throw new AdiError(80000170, `metadata.project: Your account has no project ${JSON.stringify(project)}.`);
}
