import { type EventJob, type KeyRing, newResourceId } from '@codemint/shared';
import { createEvent, type Database, type NewEvent, performEvent, type StoredOrder } from '../src';

/** An event with a scan of each of an order's first three Thngs. */
export function newEvent(order: StoredOrder, overrides: Partial<NewEvent> = {}): NewEvent {
  const type = overrides.type ?? 'scans';
  return {
    id: newResourceId(),
    order,
    userId: null,
    type,
    metadata: { type },
    numbers: [0, 1, 2],
    customFields: null,
    identifiers: null,
    tags: [],
    ...overrides,
  };
}

/** Accepts an event. */
export async function acceptEvent(
  database: Database,
  ring: KeyRing,
  order: StoredOrder,
  overrides: Partial<NewEvent> = {},
): Promise<EventJob> {
  const { job } = await createEvent(database, ring, newEvent(order, overrides));
  return job as EventJob;
}

/** Accepts an event and takes its actions. */
export async function act(
  database: Database,
  ring: KeyRing,
  order: StoredOrder,
  overrides: Partial<NewEvent> = {},
): Promise<string> {
  const { event } = await acceptEvent(database, ring, order, overrides);
  await performEvent(database, event);
  return event;
}
