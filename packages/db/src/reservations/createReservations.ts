import { randomUUID } from 'node:crypto';
import { NotUniqueError, parseProductKey, UnknownReferenceError, ValidationError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client, Database } from '../connection/database';
import { inTransaction, sqlState } from '../connection/transaction';
import { makeOnce } from '../idempotency/keptRequests';
import type { KeyedRequest } from '../idempotency/keyedRequest';
import { lockOrder, type NamespaceKey } from '../pools/namespaces';
import { requireHome } from '../restore/identity';
import { refillOf } from './refillOf';
import { batchesOfStock, type Stock, stockOf } from './stock';
import { takeCodes } from './takeCodes';

/** A reservation that somebody may ask for: what it refers to exists and is the account's. */
export interface NewReservation {
  id: string | null;
  userId: string | null;
  accountId: string;
  /** Id of the product; null for codes of a domain. */
  product: string | null;
  domain: { id: string; name: string } | null;
  /** Only codes of jobs with this character set or length; null for any. */
  characterSet: string | null;
  length: number | null;
  /** 1 or more. */
  quantity: number;
  /** Fewer will do, as long as there is one. */
  allowPartial: boolean;
  reservedFor: string | null;
  referenceId: string | null;
  purchaseOrder: string | null;
  exportType: 'csv' | 'json' | 'xml';
}

/**
 * Takes codes out of the unassigned ones, for all reservations or for none: each code belongs to exactly one. Those
 * that were made first go first.
 * @param keyed makes sure that the same request is served once
 * @returns their ids, in the order of the reservations
 * @throws ValidationError where too few codes are left; NotUniqueError, UnknownReferenceError, ConflictError,
 *   KeyReusedError
 */
export async function createReservations(
  database: Database,
  reservations: readonly NewReservation[],
  keyed?: KeyedRequest,
): Promise<string[]> {
  const planned = reservations.map((reservation) => ({
    reservation: { ...reservation, id: reservation.id ?? randomUUID() },
    stock: stockFor(reservation),
  }));
  const create = async (client: PoolClient) => {
    await requireHome(client);
    const takings: Taking[] = [];
    for (const plan of planned) takings.push(await begin(client, plan));
    await takeAll(client, takings);
    for (const taking of takings) await finish(client, taking);
  };
  const ids = planned.map(({ reservation }) => reservation.id);
  const names = planned.map(({ stock }) => `stock of ${lockOrder(stock.namespace)}`).sort();
  try {
    const made = await database.turns.take(names, () =>
      inTransaction(
        database.pool,
        (client) => makeOnce(client, keyed, ids, () => create(client)),
        database.actor,
      ),
    );
    return made.ids;
  } catch (error) {
    // What would do instead is asked when nothing is taken any more.
    throw error instanceof TooFewError ? await refusalOf(database.pool, error.taking) : error;
  }
}

/**
 * One reservation of unassigned codes of these very batches, in the caller's transaction and wherever the database is.
 * @param batchIds ascending
 * @returns how many it has
 */
export async function reserveOfBatches(
  client: PoolClient,
  reservation: NewReservation,
  batchIds: readonly bigint[],
): Promise<number> {
  const { id, quantity } = reservation;
  const number = await insertReservation(client, { ...reservation, id: id ?? randomUUID() });
  let taken = 0;
  for (const batchId of batchIds) {
    if (taken < quantity) taken += await takeCodes(client, batchId, number, quantity - taken);
  }
  await complete(client, number, taken);
  return taken;
}

/** A reservation that is being given its codes. */
interface Taking {
  reservation: PlannedReservation;
  stock: Stock;
  number: bigint;
  batches: AsyncGenerator<bigint>;
  /** Where it looks next; undefined: it has all it wants, or there is no more. */
  batchId: bigint | undefined;
  taken: number;
}

type PlannedReservation = NewReservation & { id: string };

async function begin(client: PoolClient, plan: Pick<Taking, 'reservation' | 'stock'>): Promise<Taking> {
  const number = await insertReservation(client, plan.reservation);
  const batches = batchesOfStock(client, plan.stock);
  return { ...plan, number, batches, batchId: (await batches.next()).value, taken: 0 };
}

/**
 * Goes through the batches of all reservations together, ascending: as everybody locks them in this order, nobody
 * waits for one who waits for him. Within a batch the first of the reservations comes first.
 */
async function takeAll(client: PoolClient, takings: readonly Taking[]): Promise<void> {
  for (;;) {
    const next = nextOf(takings);
    if (next?.batchId === undefined) return;
    const { quantity } = next.reservation;
    next.taken += await takeCodes(client, next.batchId, next.number, quantity - next.taken);
    next.batchId = next.taken < quantity ? (await next.batches.next()).value : undefined;
  }
}

function nextOf(takings: readonly Taking[]): Taking | undefined {
  let next: Taking | undefined;
  for (const one of takings) {
    if (one.batchId === undefined) continue;
    if (next?.batchId === undefined || one.batchId < next.batchId) next = one;
  }
  return next;
}

/** Never leaves this file. */
class TooFewError extends Error {
  constructor(readonly taking: Taking) {
    super('too few codes are left');
  }
}

async function finish(client: PoolClient, taking: Taking): Promise<void> {
  const { reservation, number, taken } = taking;
  if (taken === 0 || (taken < reservation.quantity && !reservation.allowPartial)) {
    throw new TooFewError(taking);
  }
  await complete(client, number, taken);
}

async function complete(client: PoolClient, number: bigint, taken: number): Promise<void> {
  await client.query(
    `UPDATE code_reservation SET status = 'complete', quantity_reserved = $2 WHERE number = $1`,
    [number, taken],
  );
}

function stockFor({ product, domain, accountId, characterSet, length }: NewReservation): Stock {
  return { namespace: namespaceFor(product, domain), accountId, characterSet, length };
}

/** @throws ValidationError where neither can have codes */
function namespaceFor(product: string | null, domain: NewReservation['domain']): NamespaceKey {
  if (domain !== null) return { kind: 'short_code', key: domain.name };
  const key = product === null ? null : parseProductKey(product, 'product');
  if (key !== null) return key;
  throw ValidationError.of('product', 'product_key', 'Codes are reserved of a product or of a domain.');
}

async function refusalOf(client: Client, { reservation, stock, taken }: Taking): Promise<ValidationError> {
  const { quantity, allowPartial } = reservation;
  const ways = [
    ...(taken > 0 ? [`reserve at most ${taken}`] : []),
    ...(taken > 0 && !allowPartial ? ['set allow_partial to take what is there'] : []),
    ...(await waysToMore(client, reservation, stock)),
  ];
  const message = `${quantity} codes are asked for, but ${taken === 0 ? 'none is' : `only ${taken} are`} unassigned here: ${ways.join(', or ')}.`;
  return ValidationError.of('quantity', 'lte', message, taken);
}

async function waysToMore(client: Client, reservation: NewReservation, stock: Stock): Promise<string[]> {
  const { underWay } = await stockOf(client, stock);
  const refill = await refillOf(client, stock, reservation);
  const ways = [
    ...(underWay > 0 ? [`wait for the ${underWay} that are being made`] : []),
    ...(refill === undefined ? [] : [`wait: the rule "${refill.rule}" makes ${refill.quantity} more`]),
  ];
  return ways.length > 0 ? ways : ['make more by an identifier_job'];
}

const UNIQUE_VIOLATION = '23505';

/** @returns its number */
async function insertReservation(client: PoolClient, reservation: PlannedReservation): Promise<bigint> {
  try {
    const { rows } = await client.query<{ number: bigint }>({
      name: 'insert-reservation',
      text: `INSERT INTO code_reservation (id, user_created, account, product, domain, character_set, length, quantity,
               allow_partial, reserved_for, reference_id, purchase_order, export_type, status)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'in_progress') RETURNING number`,
      values: [
        reservation.id, reservation.userId, reservation.accountId, reservation.product,
        reservation.domain?.id ?? null, reservation.characterSet, reservation.length, reservation.quantity,
        reservation.allowPartial, reservation.reservedFor, reservation.referenceId, reservation.purchaseOrder,
        reservation.exportType,
      ], // biome-ignore format: in the order of the columns
    });
    return (rows[0] as { number: bigint }).number;
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION)
      throw new NotUniqueError('code_reservation', 'id', reservation.id);
    throw refusal(error, reservation);
  }
}

/** What the reservation refers to was deleted since it was looked up. */
function refusal(error: unknown, { product, domain }: NewReservation): unknown {
  const { constraint } = error as { constraint?: string };
  if (constraint === 'code_reservation_product_fkey')
    return new UnknownReferenceError('code_reservation', 'product', String(product));
  if (constraint === 'code_reservation_domain_fkey')
    return new UnknownReferenceError('code_reservation', 'domain', String(domain?.id));
  return error;
}
