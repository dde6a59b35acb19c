import type { StoredThng } from '@codemint/db';
import type { ResourceIds } from '@codemint/shared';
import { z } from 'zod';
import { freeObject, resourceId, time } from '../schemas';

export const thngSchema = z
  .object({
    id: resourceId('Made of its order and its place there, never changed'),
    createdAt: time,
    updatedAt: time,
    name: z.string().describe('The identifier'),
    identifiers: freeObject.describe(
      "Those of the order's metadata, and the identifier under its identifierKey",
    ),
    customFields: freeObject.optional(),
    tags: z.array(z.string()).optional(),
    product: z.string().optional(),
    project: z.string().optional(),
    shortId: z.string().optional(),
    shortUrl: z.url().optional(),
  })
  .meta({ id: 'Thng' });

/** A Thng is the template of its order with an identifier of its own. */
export function thngDocument(ids: ResourceIds, thng: StoredThng): z.output<typeof thngSchema> {
  const { order, code, shortId } = thng;
  // What is not in the metadata is left out: undefined has no place in JSON.
  const { identifiers, customFields, tags } = order.metadata as Partial<z.output<typeof thngSchema>>;
  const at = order.dateUpdated.getTime();
  return {
    id: thngId(ids, thng),
    createdAt: at,
    updatedAt: at,
    name: code,
    identifiers: { ...identifiers, [order.identifierKey]: code },
    customFields,
    tags,
    product: order.product ?? undefined,
    project: order.project ?? undefined,
    ...(shortId === null ? {} : { shortId, shortUrl: `https://${order.shortDomain}/${shortId}` }),
  };
}

/** @throws PoolKeyError when the master key of then is missing */
export function thngId(ids: ResourceIds, { order, number }: Pick<StoredThng, 'order' | 'number'>): string {
  return ids.idOf({ kind: 'thng', owner: order.batchId, number, keyVersion: order.keyVersion });
}
