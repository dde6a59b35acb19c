import {
  eventNumbers,
  type IdentifierError,
  readOrderCodes,
  type StoredEvent,
  type StoredOrder,
  suppliedIds,
  unactedNumbers,
} from '@codemint/db';
import type { ApiContext } from '../../context';
import { resultOf, statusOf, withoutNull } from '../status';

/** What a single read tells besides. */
export interface EventDetails {
  withErrors: boolean;
  withIds: boolean;
}

/** An event as lists have it. */
export function listedEvent(event: StoredEvent): object {
  return withoutNull({
    id: event.id,
    createdAt: event.dateCreated.getTime(),
    updatedAt: event.dateUpdated.getTime(),
    metadata: event.metadata,
    customFields: event.customFields,
    identifiers: event.identifiers,
    tags: event.tags,
    result: resultOf(standingOf(event))?.toLowerCase(),
  });
}

/** An event as a single read has it. */
export async function eventDocument(
  { database: { pool } }: ApiContext,
  order: StoredOrder,
  event: StoredEvent,
  { withErrors, withIds }: EventDetails,
): Promise<object> {
  const idsOf = (numbers: readonly number[]) => identifiersOf(pool, order, numbers);
  const errors = withErrors
    ? eventErrors(event, await idsOf(await unactedNumbers(pool, event.id)))
    : undefined;
  return {
    ...listedEvent(event),
    ...(withIds && { ids: await idsOf(await eventNumbers(pool, event.id)) }),
    status: statusOf('events', standingOf(event), errors),
  };
}

function standingOf({ state, requested, acted }: StoredEvent) {
  return { state, requested, created: acted ?? 0 };
}

const THNG_NOT_FOUND = 80200010;
const INTERNAL = 80109999;

function eventErrors(
  { isFailed, errorMessage }: StoredEvent,
  ids: readonly string[],
): Map<string, IdentifierError> {
  const error = isFailed
    ? { code: INTERNAL, error: errorMessage ?? 'The event failed.' }
    : { code: THNG_NOT_FOUND, error: 'There is no Thng with this identifier.' };
  return new Map(ids.map((id) => [id, error]));
}

/** The identifiers that Thngs with these numbers have, or would have. */
async function identifiersOf(
  client: ApiContext['database']['pool'],
  order: StoredOrder,
  numbers: readonly number[],
): Promise<string[]> {
  if (numbers.length === 0) return [];
  if (order.isSupplied) {
    const ids = await suppliedIds(client, order.id);
    return numbers.map((number) => ids[number] as string);
  }
  const codes = await readOrderCodes(client, order, numbers);
  return numbers.flatMap((number) => codes.get(number)?.code ?? []);
}
