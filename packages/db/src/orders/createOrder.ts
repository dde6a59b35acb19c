import {
  CHARACTER_SETS,
  GuessChanceError,
  type KeyRing,
  type PoolShape,
  QUEUE_NAMES,
  type RegistrationJob,
  type SliceJob,
  SpaceExhaustedError,
  UnknownReferenceError,
  ValidationError,
} from '@codemint/shared';
import type { PoolClient } from 'pg';
import { type Allotment, allotGenerated } from '../allotment/allotGenerated';
import { type CreatedBatch, createBatch, createSuppliedBatch, sliceJobsOf } from '../batches/createBatch';
import type { PolicySubject } from '../capacity/policies';
import type { Database } from '../connection/database';
import { inTransaction } from '../connection/transaction';
import { makeOnce } from '../idempotency/keptRequests';
import type { KeyedRequest } from '../idempotency/keyedRequest';
import { keyVersionForNew } from '../keys/keyVersionForNew';
import { retiredKeys } from '../keys/retiredKeys';
import { type TokenQuota, useQuota } from '../limits/tokenQuota';
import { ensureNamespace, lockOrder, type NamespaceKey } from '../pools/namespaces';
import { type OrderPlanRequest, planOrder, quantityOf } from './planOrder';

/** An ADI order that somebody may ask for: what it refers to exists and is the account's. */
export interface NewOrder extends OrderPlanRequest {
  id: string;
  userId: string | null;
  purchaseOrder: string;
  project: string | null;
  /** Host of the codes' digital links. */
  linkHost: string;
  /** With it each Thng has a short id on that domain, a normalised host name. */
  short: { domain: string; defaultRedirectUrl: string } | null;
  metadata: object;
  idGeneration: object | null;
  customFields: object | null;
  identifiers: object | null;
  tags: readonly string[];
  fileMetadata: object | null;
}

export interface OrderLimits {
  sliceSize: number;
  /** Absent where no token asks. */
  quota?: TokenQuota;
}

/** What is to be put in the queue now that all is committed; nothing where the same request was served before. */
export interface CreatedOrder {
  id: string;
  sliceJobs: SliceJob[];
  registration: RegistrationJob | null;
}

const SHORT_IDS: PoolShape = {
  prefix: '',
  alphabet: CHARACTER_SETS['AN-47'],
  length: 8,
  suffix: '',
  algorithm: 'ff1-aes256-1',
};

/**
 * Accepts an order, as a whole or not at all: numbers, batches, slices and the order are written in one transaction.
 * Supplied ids are registered later, by `registerOrder`.
 * @param keyed makes sure that the same request is served once
 * @throws ValidationError as planOrder, also where the short domain is another account's or the space is used up;
 *   PoolKeyError when a pool cannot be decoded; ConflictError, KeyReusedError, QuotaExceededError
 */
export async function createOrder(
  database: Database,
  ring: KeyRing,
  order: NewOrder,
  limits: OrderLimits,
  keyed?: KeyedRequest,
): Promise<CreatedOrder> {
  const { namespace, shape } = planOrder(order);
  const { accountId } = order;
  const subject = { accountId, product: order.product?.id ?? null };
  const wanted: Wanted[] = [{ namespace, shape, subject, lengthField: 'idGeneration.length' }];
  if (order.short !== null) wanted.push(shortIdsOf(order.short.domain, accountId));
  // Where nothing is generated the namespace is not locked.
  const locked = wanted.filter((one) => one.shape !== null);
  const names = locked.map((one) => lockOrder(one.namespace)).sort();
  const create = async (client: PoolClient): Promise<Omit<CreatedOrder, 'id'>> => {
    if (order.short !== null) await claimDomain(client, order.short.domain, order);
    const keyVersion = await keyVersionForNew(client, ring, await retiredKeys(client));
    const rooms = await takeRooms(client, ring, wanted, quantityOf(order.codes));
    const batches = await writeBatches(client, order, rooms, limits);
    await insertOrder(client, order, batches, keyVersion).catch((error: unknown) => refuseGone(error, order));
    const { id, purchaseOrder } = order;
    if (limits.quota !== undefined)
      await useQuota(client, limits.quota, quantityOf(order.codes) * rooms.length);
    const owner = { queue: QUEUE_NAMES.adiOrders, job: id, referenceId: purchaseOrder };
    const written = batches.shortIds === undefined ? [batches.codes] : [batches.codes, batches.shortIds];
    return {
      sliceJobs: written.flatMap((batch) => sliceJobsOf(batch, owner)),
      registration: shape === null ? { order: id, purchaseOrder, attempt: 0 } : null,
    };
  };
  const made = await database.turns.take(names, () =>
    inTransaction(
      database.pool,
      (client) => makeOnce(client, keyed, [order.id], () => create(client)),
      database.actor,
    ),
  );
  return { id: made.ids[0] ?? order.id, ...(made.result ?? { sliceJobs: [], registration: null }) };
}

interface Wanted {
  namespace: NamespaceKey;
  /** Null where nothing is generated there. */
  shape: PoolShape | null;
  /** Whose policy limits the codes. */
  subject: PolicySubject;
  /** What of the order decides the codes' length. */
  lengthField: string;
}

function shortIdsOf(domain: string, accountId: string): Wanted {
  return {
    namespace: { kind: 'short_code', key: domain },
    shape: SHORT_IDS,
    subject: { accountId, product: null },
    lengthField: 'metadata.shortDomain',
  };
}

/** Finds the domain of the order's account, or makes it; nobody deletes it before the order is there. */
async function claimDomain(
  client: PoolClient,
  domain: string,
  { accountId, userId }: NewOrder,
): Promise<void> {
  await client.query(
    `INSERT INTO domain (domain_name, account_id, user_created) VALUES ($1, $2, $3)
         ON CONFLICT (domain_name) DO NOTHING`,
    [domain, accountId, userId],
  );
  const { rowCount } = await client.query(
    'SELECT 1 FROM domain WHERE domain_name = $1 AND account_id = $2 FOR KEY SHARE',
    [domain, accountId],
  );
  if (rowCount === 0) {
    throw ValidationError.of('metadata.shortDomain', 'owner', `The domain "${domain}" is another account's.`);
  }
}

interface Room {
  namespaceId: bigint;
  allotment: Allotment | undefined;
}

/** Makes each namespace and gives out `count` codes where it has a shape, in the order in which everybody locks them. */
async function takeRooms(
  client: PoolClient,
  ring: KeyRing,
  wanted: readonly Wanted[],
  count: number,
): Promise<Room[]> {
  const rooms = new Map<Wanted, Room>();
  const sorted = [...wanted].sort((a, b) => (lockOrder(a.namespace) < lockOrder(b.namespace) ? -1 : 1));
  for (const one of sorted) {
    const { namespace, shape } = one;
    const allotment = shape === null ? undefined : await allot(client, ring, { ...one, shape }, count);
    const namespaceId = allotment?.namespaceId ?? (await ensureNamespace(client, namespace));
    rooms.set(one, { namespaceId, allotment });
  }
  return wanted.map((one) => rooms.get(one) as Room);
}

async function allot(
  client: PoolClient,
  ring: KeyRing,
  { namespace, shape, subject, lengthField }: Wanted & { shape: PoolShape },
  count: number,
): Promise<Allotment> {
  try {
    return await allotGenerated(client, ring, namespace, shape, count, subject);
  } catch (error) {
    if (error instanceof SpaceExhaustedError) {
      throw ValidationError.of('idGeneration.quantity', 'quantity', error.message, error.left);
    }
    if (!(error instanceof GuessChanceError)) throw error;
    throw guessable(error, shape, lengthField);
  }
}

/** Short ids have one length: more of them take another domain. */
function guessable(error: GuessChanceError, shape: PoolShape, field: string): ValidationError {
  if (shape !== SHORT_IDS) {
    const valid = error.sufficientLength ?? undefined;
    return ValidationError.of(field, 'guess_probability', error.message, valid);
  }
  return ValidationError.of(field, 'guess_probability', `${error.refusal} Another short domain would do.`);
}

interface WrittenBatches {
  codes: CreatedBatch;
  shortIds: CreatedBatch | undefined;
}

/** @param rooms of the order's codes and, if it has them, of its short ids */
async function writeBatches(
  client: PoolClient,
  order: NewOrder,
  [own, short]: readonly Room[],
  { sliceSize, quota }: OrderLimits,
): Promise<WrittenBatches> {
  const batch = { accountId: order.accountId, quantity: quantityOf(order.codes), linkHost: order.linkHost };
  const write = ({ namespaceId, allotment }: Room, tokenId: string | null) =>
    allotment === undefined
      ? createSuppliedBatch(client, { ...batch, tokenId }, namespaceId)
      : createBatch(client, { ...batch, tokenId }, 'order', allotment, sliceSize);
  // Of the two batches one counts as the token's running order.
  const codes = await write(own as Room, quota?.tokenId ?? null);
  return { codes, shortIds: short && (await write(short, null)) };
}

async function insertOrder(
  client: PoolClient,
  order: NewOrder,
  { codes, shortIds }: WrittenBatches,
  keyVersion: number,
): Promise<void> {
  await client.query({
    name: 'insert-order',
    text: `INSERT INTO adi_order (id, account_id, user_created, purchase_order, quantity, identifier_key, product,
             project, batch_id, short_batch_id, short_domain, default_redirect_url, metadata, id_generation, ids,
             custom_fields, identifiers, tags, file_metadata, key_version)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
    values: [
      order.id, order.accountId, order.userId, order.purchaseOrder, quantityOf(order.codes), order.identifierKey,
      order.product?.id ?? null, order.project, codes.batchId, shortIds?.batchId ?? null,
      order.short?.domain ?? null, order.short?.defaultRedirectUrl ?? null, order.metadata,
      order.idGeneration, order.codes.kind === 'supplied' ? order.codes.ids : null, order.customFields,
      order.identifiers, order.tags, order.fileMetadata, keyVersion,
    ], // biome-ignore format: in the order of the columns
  });
}

/** What the order refers to was deleted since it was looked up. */
function refuseGone(error: unknown, { product, project }: NewOrder): never {
  const { constraint } = error as { constraint?: string };
  if (constraint === 'adi_order_product_fkey') {
    throw new UnknownReferenceError('adi_order', 'product', String(product?.id));
  }
  if (constraint === 'adi_order_project_fkey') {
    throw new UnknownReferenceError('adi_order', 'project', String(project));
  }
  throw error;
}
