import { FIRST_ACCOUNT_ID, type NewOrder, type RequestedCodes } from '@codemint/db';
import { newResourceId } from '@codemint/shared';

type Generated = Extract<RequestedCodes, { kind: 'generated' }>;

/** So many codes of eight characters to be generated. */
export function generated(quantity: number, more: Partial<Generated> = {}): Generated {
  return {
    kind: 'generated',
    prefix: '',
    suffix: '',
    characterSet: 'AN-47',
    length: 8,
    quantity,
    ...more,
  };
}

/** An order of the first account for ten codes without a product. */
export function newOrder(overrides: Partial<NewOrder> = {}): NewOrder {
  return {
    id: newResourceId(),
    userId: null,
    accountId: FIRST_ACCOUNT_ID,
    purchaseOrder: 'PO-1',
    identifierKey: 'serial',
    product: null,
    project: null,
    codes: generated(10),
    linkHost: 'id.gs1.org',
    short: null,
    metadata: { identifierKey: 'serial' },
    idGeneration: null,
    customFields: null,
    identifiers: null,
    tags: [],
    fileMetadata: null,
    ...overrides,
  };
}
