import { type Caller, findThng, listActions, type StoredEvent, type StoredThng } from '@codemint/db';
import { ResourceIds } from '@codemint/shared';
import type { ApiContext } from '../../context';
import { NotFoundError } from '../errors';

/** A Thng that the caller may see. @throws NotFoundError */
export async function thngOfId(
  { database, ring }: ApiContext,
  { accountId }: Caller,
  id: string,
): Promise<StoredThng> {
  const member = new ResourceIds(ring).memberOf('thng', id);
  const place = member && { batchId: member.owner, number: member.number };
  const thng = place && (await findThng(database.pool, place, accountId));
  if (thng === undefined || thng.order.keyVersion !== member?.keyVersion) {
    throw new NotFoundError('Thng with the identifier is not found.');
  }
  return thng;
}

/** Stands for actions of any type where one is asked for. */
export const ALL_TYPES = 'all';

/** The one type that is asked for; undefined for any. */
export function oneType(type: string): string | undefined {
  return type === ALL_TYPES ? undefined : type;
}

/** The event that an action of a Thng belongs to. @throws NotFoundError */
export async function eventOfAction(
  { database, ring }: ApiContext,
  { order, number }: StoredThng,
  { type, actionId }: { type: string; actionId: string },
): Promise<StoredEvent> {
  const action = new ResourceIds(ring).memberOf('action', actionId);
  const page = action && { type: oneType(type), after: action.owner - 1n, descending: false, limit: 1 };
  const [event] = page === undefined ? [] : await listActions(database.pool, order.id, number, page);
  const isIts = action?.number === number && action.keyVersion === event?.keyVersion;
  if (event === undefined || !isIts || event.number !== action.owner) {
    throw new NotFoundError('Action not found.');
  }
  return event;
}
