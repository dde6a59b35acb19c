import { type Caller, createOrder, type KeyedRequest, type NewOrder, planOrder } from '@codemint/db';
import { DEFAULT_LINK_HOST, newResourceId } from '@codemint/shared';
import { keyPrefixLength } from '../../codes/columns/subject';
import type { ApiContext } from '../../context';
import { loadOnlyDomains } from '../../domains/onlyDomains';
import { enqueue } from '../../enqueue';
import { quotaOf } from '../../limits/quotaOf';
import { requireTellable, tellEpcs } from '../files/fileMetadata';
import type { RequestedOrder } from './parseOrder';
import { findOwner, requireProduct, requireProject } from './references';

/**
 * Accepts an order and tells the queue of it.
 * @param keyed the request, where its caller may repeat it: then it is served once
 * @returns the order's id
 * @throws AdiError, ValidationError, ConflictError, KeyReusedError, PoolKeyError
 */
export async function acceptOrder(
  context: ApiContext,
  caller: Caller,
  requested: RequestedOrder,
  keyed: KeyedRequest | undefined,
): Promise<string> {
  const { database, ring, settings, tracing } = context;
  const order = await newOrder(context, caller, requested);
  const limits = { sliceSize: settings.CODEMINT_SLICE_SIZE, quota: quotaOf(settings, caller) };
  const { id, sliceJobs, registration } = await tracing.span('accept order', { order: order.id }, () =>
    createOrder(database, ring, order, limits, keyed),
  );
  const work = registration === null ? sliceJobs : [...sliceJobs, registration];
  await enqueue(context, work, { order: id });
  return id;
}

/** Looks up what the order refers to, in the order in which callers are told of it. */
async function newOrder(
  { database }: ApiContext,
  caller: Caller,
  { body, codes, idGeneration, short, fileMetadata }: RequestedOrder,
): Promise<NewOrder> {
  const { metadata } = body;
  const { accountId, refusal } = await findOwner(database, caller, metadata.targetAccount);
  const product = await requireProduct(database.pool, accountId, metadata.product);
  const plan = { accountId, identifierKey: metadata.identifierKey, product, codes };
  const { namespace } = planOrder(plan);
  if (fileMetadata !== null) {
    const subject = { accountId, product: product?.id ?? null };
    const prefixLength = tellEpcs(fileMetadata)
      ? await keyPrefixLength(database.pool, namespace, subject)
      : null;
    requireTellable(fileMetadata, namespace.kind, prefixLength);
  }
  await requireProject(database.pool, accountId, metadata.project);
  if (refusal !== undefined) throw refusal;
  const onlyDomain = (await loadOnlyDomains(database, [accountId])).get(accountId);
  return {
    ...plan,
    id: newResourceId(),
    userId: caller.userId,
    purchaseOrder: body.purchaseOrder,
    project: metadata.project ?? null,
    linkHost: onlyDomain?.name ?? DEFAULT_LINK_HOST,
    short,
    metadata,
    idGeneration,
    customFields: body.customFields ?? null,
    identifiers: body.identifiers ?? null,
    tags: body.tags ?? [],
    fileMetadata,
  };
}
