import { checkDigit } from '@codemint/shared';
import { makeJob, TWO_KEYS } from './codesSupport';
import { type Answer, type Api, type As, startApi, unchanged } from './support';

export const RESERVATIONS = '/items/code_reservation';
/** Codes of each product. */
export const MADE = 250;

export interface Stock {
  api: Api;
  /** Id of a domain of the account. */
  domain: string;
  /** A product of its own for a test, with unassigned codes. */
  addProduct(): Promise<string>;
  reserve(body: unknown, as?: As): Promise<Answer>;
  /** The answer of a request that is refused and takes or gives back nothing. */
  refused(request: () => Promise<Answer>): Promise<Answer>;
  /** How many codes of a product are left. */
  unassigned(product: string): Promise<number>;
}

/** An API where at most 1,000 codes are reserved at once. */
export async function startStock(): Promise<Stock> {
  const api = await startApi({ settings: { ...TWO_KEYS, CODEMINT_MAX_QUANTITY: '1000' } });
  const domain = (await api.post('/items/domain', { domain_name: 'codes.example' })).body.data.id;
  let products = 0;
  return {
    api,
    domain,
    async addProduct() {
      const digits = `0931234${String(++products).padStart(6, '0')}`;
      const { id } = (
        await api.post('/items/product', { gtin: digits + checkDigit(digits), product_name: 'Juice' })
      ).body.data;
      await makeJob(api, { product: id, quantity: MADE });
      return id;
    },
    reserve: (body, as) => api.post(RESERVATIONS, body, as),
    refused: (request) => unchanged(api, ['code_reservation', 'batch', 'code_status'], request),
    async unassigned(product) {
      const { rows } = await api.database.pool.query(
        `SELECT sum(unassigned)::int AS count FROM batch b JOIN identifier_job j ON j.batch_id = b.id
          WHERE j.product = $1`,
        [product],
      );
      return rows[0].count;
    },
  };
}
