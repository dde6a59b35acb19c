import type { StoredOrder } from '@codemint/db';
import type { Request } from 'express';
import { z } from 'zod';
import type { ApiContext } from '../../context';
import { publicUrl } from '../../http/publicUrl';
import { type FileName, linkExpiry, linkSigner } from './signedLinks';

const link = z.url().describe('Ends after 30 minutes; each read of the order gives a new one');

export const resultsSchema = z
  .object({
    identifiers: z.object({ csv: link, txt: link, json: link }),
    errors: z.object({ json: link }).optional().describe('Where some identifiers have no Thng'),
  })
  .meta({ id: 'ADIOrderResults' });

export type Results = z.output<typeof resultsSchema>;

/**
 * Signed links to the files of a completed order, as absolute URLs.
 * @param keyVersion of the master key that signs
 */
export function resultsOf(
  context: Pick<ApiContext, 'ring' | 'settings'>,
  http: Request,
  order: Pick<StoredOrder, 'id' | 'accountId' | 'created' | 'quantity'>,
  keyVersion: number,
): Results {
  const sign = linkSigner(context.ring, keyVersion);
  const expires = linkExpiry(Date.now());
  const folder = `${publicUrl(context, http)}/adis/orders/${order.id}/files`;
  const linkTo = (file: FileName) => {
    const signature = sign({ accountId: order.accountId, orderId: order.id, file, expires });
    return `${folder}/${file}?expires=${expires}&signature=${signature}`;
  };
  const identifiers = {
    csv: linkTo('identifiers.csv'),
    txt: linkTo('identifiers.txt'),
    json: linkTo('identifiers.json'),
  };
  return order.created === order.quantity
    ? { identifiers }
    : { identifiers, errors: { json: linkTo('errors.json') } };
}
