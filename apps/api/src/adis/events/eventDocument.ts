import {
  eventNumbers,
  readOrderCodes,
  type StoredEvent,
  type StoredOrder,
  suppliedIds,
  unactedNumbers,
} from '@codemint/db';
import type { ApiContext } from '../../context';
import type { Details } from '../details';
import { IDENTIFIER_ERRORS, type IdentifierError } from '../errorCodes';
import { resultOf, statusOf } from '../status';
import { withoutNull } from '../withoutNull';

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
  { withErrors, withIds }: Details,
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

function eventErrors(
  { isFailed, errorMessage }: StoredEvent,
  ids: readonly string[],
): Map<string, IdentifierError> {
  const { failed, noThng } = IDENTIFIER_ERRORS;
  const error = isFailed ? { ...failed, error: errorMessage ?? failed.error } : noThng;
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
