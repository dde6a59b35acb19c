import type { Client } from '../connection/database';
import { type StoredOrder, suppliedIds } from './findOrders';

/** Codes of what can speak against one identifier of an order or event (contract of ADI orders). */
export const TAKEN = 80300010;
export const IMPORTED = 80100010;
export const INTERNAL = 80109999;

export interface IdentifierError {
  code: number;
  error: string;
}

const MESSAGES: Readonly<Record<number, string>> = {
  [TAKEN]: 'The identifier was given out or supplied before.',
  [IMPORTED]: 'A Thng with this identifier exists already: it was imported.',
};

/** Stands for all identifiers of an order whose codes could not be made: they have no names. */
const UNNAMED = '*';

/** What speaks against an order's identifiers, by identifier. */
export async function orderErrors(client: Client, order: StoredOrder): Promise<Map<string, IdentifierError>> {
  const errors = new Map<string, IdentifierError>();
  if (order.refused === null && order.errorMessage === null) return errors;
  const ids = order.isSupplied ? await suppliedIds(client, order.id) : [UNNAMED];
  if (order.errorMessage !== null) {
    for (const id of ids) errors.set(id, { code: INTERNAL, error: order.errorMessage });
  }
  for (const [code, numbers] of Object.entries(order.refused ?? {})) {
    const error = { code: Number(code), error: MESSAGES[Number(code)] ?? '' };
    for (const number of numbers) errors.set(ids[number] as string, error);
  }
  return errors;
}
