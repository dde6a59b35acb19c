import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, ApiClient } from '../support/apiClient';
import type { Chance } from '../support/chance';

const EXPORT_TYPES = ['csv', 'json', 'xml'] as const;
/** A caller who found too little, or nobody, asks again so much later. */
const RETRY_MS = 40;
const PATIENCE_MS = 60_000;

/** What a caller asks for. */
export interface Wanted {
  /** Of this request alone: repeated with it, it is served once. */
  key: string;
  quantity: number;
  allow_partial: boolean;
  export_type: (typeof EXPORT_TYPES)[number];
}

/** What he has got. */
export interface Reservation extends Wanted {
  id: string;
  status: string;
  quantity_reserved: number;
}

/** Some reservation of 1 to `most` codes, small ones more often; every fourth takes what is there. */
export function anyReservation(chance: Chance, most: number): Wanted {
  return {
    key: `key-${chance.between(0, 2 ** 32)}-${chance.between(0, 2 ** 32)}`,
    quantity: Math.max(Math.ceil(most * chance.next() ** 2), 1),
    allow_partial: chance.next() < 0.25,
    export_type: chance.pick(EXPORT_TYPES),
  };
}

/**
 * Reserves codes as a client does that cannot go without them: where too few are left, or the API is gone, it asks
 * again with the same key.
 * @param onShortage called each time that too few were left
 */
export async function reserve(
  api: ApiClient,
  product: string,
  wanted: Wanted,
  onShortage: () => Promise<void>,
): Promise<Reservation> {
  const deadline = Date.now() + PATIENCE_MS;
  const { key, ...fields } = wanted;
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const body = JSON.stringify({ ...fields, product, reference_id: key });
  for (;;) {
    const answer = await api
      .request('/items/code_reservation', { method: 'POST', headers, body })
      .then(async (response) => ({
        status: response.status,
        body: (await response.json()) as Answer<Reservation>['body'],
      }))
      // Killed, or not there again yet.
      .catch(() => undefined);
    if (answer?.status === 200) return { ...answer.body.data, key };
    if (answer?.status === 400 && answer.body.errors?.[0]?.extensions.field === 'quantity')
      await onShortage();
    // Busy with the same key, or without its database for a moment, it may be asked again; all else is a fault.
    else if (answer !== undefined && answer.status !== 409 && answer.status !== 503) {
      throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    }
    if (Date.now() > deadline)
      throw new Error(`no answer for ${wanted.quantity} codes: ${JSON.stringify(answer)}`);
    await sleep(RETRY_MS);
  }
}

/** The codes in the file of a reservation. */
export async function exportedCodes(
  api: ApiClient,
  { id, export_type }: Pick<Reservation, 'id' | 'export_type'>,
): Promise<string[]> {
  const response = await api.request(`/items/code_reservation/${id}/export?fields=code`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`export of ${id}: ${response.status} ${text}`);
  if (export_type === 'json') return (JSON.parse(text) as { code: string }[]).map(({ code }) => code);
  const pattern = export_type === 'xml' ? /<code>(.*)<\/code>/g : /^"(.*)"$/gm;
  const found = Array.from(text.matchAll(pattern), ([, code]) => code as string);
  return export_type === 'csv' ? found.slice(1) : found;
}
