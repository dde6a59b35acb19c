import type { Client } from '../connection/database';

/** A product as far as an order needs it to be known. */
export interface OrderProduct {
  /** A Digital Link path, or any name. */
  id: string;
  /** GTIN-14. */
  gtin: string | null;
}

/** An account's product with this id. */
export async function findProduct(
  client: Client,
  accountId: string,
  id: string,
): Promise<OrderProduct | undefined> {
  const { rows } = await client.query<OrderProduct>({
    name: 'product-of-account',
    text: 'SELECT id, gtin FROM product WHERE account_id = $1 AND id = $2',
    values: [accountId, id],
  });
  return rows[0];
}

/** An account's products with this GTIN-14, at most `limit`. */
export async function findProductsOfGtin(
  client: Client,
  accountId: string,
  gtin: string,
  limit: number,
): Promise<OrderProduct[]> {
  const { rows } = await client.query<OrderProduct>({
    name: 'products-of-gtin',
    text: 'SELECT id, gtin FROM product WHERE account_id = $1 AND gtin = $2 ORDER BY id LIMIT $3',
    values: [accountId, gtin, limit],
  });
  return rows;
}
