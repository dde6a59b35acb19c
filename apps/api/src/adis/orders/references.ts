import {
  accountExists,
  type Caller,
  type Client,
  type Database,
  findProduct,
  findProductsOfGtin,
  firstAccountId,
  type OrderProduct,
  projectExists,
} from '@codemint/db';
import { normaliseGtin, parseProductKey, ValidationError } from '@codemint/shared';
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
  if (caller.accountId === null && (await accountExists(database, wanted))) return { accountId: wanted };
  const right =
    caller.accountId === null ? 'an account of this installation' : 'your own account, or left out';
  return {
    accountId,
    refusal: new AdiError(80000090, `metadata.targetAccount is not allowed: it has to be ${right}.`),
  };
}

const FIELD = 'metadata.product';
const BY_GTIN = 'gs1:01:';

/** Of products that share a GTIN. */
const MOST_TOLD = 3;

/**
 * The account's product with this id, or with the GTIN behind `gs1:01:`; null if none is asked for.
 * @throws ValidationError for a GTIN or GRAI that is none, AdiError if there is no such product or more than one
 */
export async function requireProduct(
  client: Client,
  accountId: string,
  product: string | undefined,
): Promise<OrderProduct | null> {
  if (product === undefined) return null;
  const found = product.startsWith(BY_GTIN)
    ? await findProductsOfGtin(client, accountId, gtinOf(product.slice(BY_GTIN.length)), MOST_TOLD)
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

async function productsOfId(client: Client, accountId: string, id: string): Promise<OrderProduct[]> {
  // Only for its complaint about a check digit: any other text is the id of no product.
  parseProductKey(id, FIELD);
  const product = await findProduct(client, accountId, id);
  return product === undefined ? [] : [product];
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
