import { FIRST_ACCOUNT_ID, type NamespaceKey, type NewReservation } from '../src';

/** Ten codes of a product of addProduct, whichever. */
export function newReservation(
  namespace: NamespaceKey,
  overrides: Partial<NewReservation> = {},
): NewReservation {
  return {
    id: null,
    userId: null,
    accountId: FIRST_ACCOUNT_ID,
    product: `/01/${namespace.key}`,
    domain: null,
    characterSet: null,
    length: null,
    quantity: 10,
    allowPartial: false,
    reservedFor: null,
    referenceId: null,
    purchaseOrder: null,
    exportType: 'csv',
    ...overrides,
  };
}
