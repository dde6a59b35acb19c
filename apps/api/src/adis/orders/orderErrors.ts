import { type Client, type StoredOrder, suppliedIds } from '@codemint/db';
import { IDENTIFIER_ERRORS, type IdentifierError } from '../errorCodes';

/** Stands for all identifiers of an order whose codes could not be made: they have no names. */
const UNNAMED = '*';

/** What speaks against an order's identifiers, by identifier. */
export async function orderErrors(
  client: Client,
  { id: orderId, isSupplied, refused, errorMessage }: StoredOrder,
): Promise<Map<string, IdentifierError>> {
  const errors = new Map<string, IdentifierError>();
  if (refused === null && errorMessage === null) return errors;
  const ids = isSupplied ? await suppliedIds(client, orderId) : [UNNAMED];
  if (errorMessage !== null) {
    for (const id of ids) errors.set(id, { ...IDENTIFIER_ERRORS.failed, error: errorMessage });
  }
  for (const reason of ['taken', 'imported'] as const) {
    for (const number of refused?.[reason] ?? []) {
      errors.set(ids[number] as string, IDENTIFIER_ERRORS[reason]);
    }
  }
  return errors;
}
