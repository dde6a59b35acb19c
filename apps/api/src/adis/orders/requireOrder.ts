import { type Caller, findOrder, type StoredOrder } from '@codemint/db';
import type { ApiContext } from '../../context';
import { AdiError } from '../errors';

/** An order that the caller may see. @throws AdiError if there is none, or if it is another account's */
export async function requireOrder(
  { database }: ApiContext,
  { accountId }: Caller,
  id: string,
): Promise<StoredOrder> {
  const order = await findOrder(database.pool, id, accountId);
  if (order === undefined) throw new AdiError(80000020, 'ADI Order not found.');
  return order;
}
