import {
  type Client,
  keyVersionForNew,
  retiredKeys,
  type StoredOrder,
  streamOrderCodes,
  suppliedIds,
} from '@codemint/db';
import type { Request } from 'express';
import type { ApiContext } from '../../context';
import type { Details } from '../details';
import { resultsOf } from '../files/results';
import { resultOf, statusOf } from '../status';
import { withoutNull } from '../withoutNull';
import { orderErrors } from './orderErrors';

/** An order as lists have it. */
export function listedOrder(order: StoredOrder): object {
  return withoutNull({
    id: order.id,
    createdAt: order.dateCreated.getTime(),
    updatedAt: order.dateUpdated.getTime(),
    purchaseOrder: order.purchaseOrder,
    metadata: order.metadata,
    idGeneration: order.idGeneration,
    customFields: order.customFields,
    identifiers: order.identifiers,
    tags: order.tags,
    fileMetadata: order.fileMetadata,
    result: resultOf(standingOf(order)),
  });
}

/** An order as a single read has it. */
export async function orderDocument(
  context: ApiContext,
  http: Request,
  order: StoredOrder,
  { withErrors, withIds }: Details,
): Promise<object> {
  const { pool } = context.database;
  const errors = withErrors ? await orderErrors(pool, order) : undefined;
  return {
    ...listedOrder(order),
    ...(withIds && (await ids(pool, order))),
    status: statusOf('adis', standingOf(order), errors),
    ...(order.state === 'completed' && {
      results: resultsOf(context, http, order, await newestKey(context)),
    }),
  };
}

async function newestKey({ ring, database: { pool } }: ApiContext): Promise<number> {
  return keyVersionForNew(pool, ring, await retiredKeys(pool));
}

function standingOf({ state, quantity, created }: StoredOrder) {
  return { state, requested: quantity, created };
}

/** Those that were sent; generated ones as soon as all are there. */
async function ids(client: Client, order: StoredOrder): Promise<{ ids?: string[] }> {
  if (order.isSupplied) return { ids: await suppliedIds(client, order.id) };
  if (order.state !== 'completed') return {};
  const all: string[] = [];
  for await (const { codes } of streamOrderCodes(client, order)) all.push(...codes);
  return { ids: all };
}
