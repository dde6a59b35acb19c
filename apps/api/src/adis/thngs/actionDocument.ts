import type { StoredEvent, StoredThng } from '@codemint/db';
import type { ResourceIds } from '@codemint/shared';
import { z } from 'zod';
import { resourceId, time } from '../schemas';
import { thngId } from './thngDocument';

export const actionSchema = z
  .looseObject({
    id: resourceId('Made of its event and its Thng, never changed'),
    type: z.string(),
    thng: resourceId('Id of the Thng'),
    product: z.string().optional(),
    project: z.string().optional(),
    createdAt: time,
    timestamp: time.describe('When the event was sent, unless it says otherwise itself'),
  })
  .describe("Besides these what the event's metadata says")
  .meta({ id: 'Action' });

/** What an event's metadata says of its actions. */
interface ActionTemplate {
  project?: string;
  timestamp?: unknown;
}

/** The action of an event on one Thng: the event's metadata with ids and times of its own. */
export function actionDocument(
  ids: ResourceIds,
  thng: StoredThng,
  event: StoredEvent,
): z.output<typeof actionSchema> {
  const { order, number } = thng;
  const template = event.metadata as ActionTemplate;
  const { timestamp } = template;
  return {
    ...template,
    id: ids.idOf({ kind: 'action', owner: event.number, number, keyVersion: event.keyVersion }),
    type: event.type,
    thng: thngId(ids, thng),
    product: order.product ?? undefined,
    project: template.project ?? order.project ?? undefined,
    createdAt: event.dateUpdated.getTime(),
    timestamp: Number.isSafeInteger(timestamp) ? (timestamp as number) : event.dateCreated.getTime(),
  };
}
