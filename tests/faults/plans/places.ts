import type { Client } from './client';

/** What the requests of all flows are about. The codes of a GTIN are wanted by jobs, orders and imports alike. */
export const GTIN_PRODUCT = '/01/09312345551927';
export const OTHER_GTIN_PRODUCT = '/01/09312345552016';
/** A rule keeps so many of its codes in stock. */
export const STOCKED_PRODUCT = '/01/09312345552030';
export const STOCK = { minimum: 400, target: 1_500 };
export const GRAI_PRODUCT = '/8003/09312345678907';
export const DOMAIN = '6f1c1a52-6a3e-4d0a-9d6f-0d3a5f1c7e11';
export const SHORT_DOMAIN = 'tn.example';

/** Makes them, before anything is harmed. */
export async function makePlaces(client: Client): Promise<void> {
  for (const [path, body] of [
    ['/items/product', { id: GTIN_PRODUCT }],
    ['/items/product', { id: OTHER_GTIN_PRODUCT }],
    ['/items/product', { id: STOCKED_PRODUCT }],
    ['/items/replenishment_rule', { product: STOCKED_PRODUCT, ...STOCK }],
    ['/items/product', { id: GRAI_PRODUCT }],
    ['/items/domain', { id: DOMAIN, domain_name: 'go.example' }],
    ['/items/domain', { domain_name: SHORT_DOMAIN }],
  ] as const) {
    const answer = await client.once({ method: 'POST', path, body });
    if (answer?.status !== 200) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
  }
}
