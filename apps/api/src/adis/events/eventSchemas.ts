import { z } from 'zod';
import { freeObject, resourceId, statusSchema, tags, time } from '../schemas';

/** The action that each of the identifiers is given. */
const action = z
  .looseObject({
    type: z.string().min(1).meta({ description: 'Of the action; one that was added begins with `_`' }),
    tags: tags.optional(),
    customFields: freeObject.optional(),
    identifiers: freeObject.optional(),
    location: freeObject.optional(),
    locationSource: z.string().optional(),
    context: freeObject.optional(),
    timestamp: time.min(0).optional().meta({ description: 'When it happened; else when the event was sent' }),
    project: z.string().optional().meta({ description: "The order's, if it has one" }),
  })
  .meta({ id: 'ADIOrderAction' });

const described = {
  metadata: action,
  customFields: freeObject.optional(),
  identifiers: freeObject.optional(),
  tags: tags.optional(),
};

const ids = z.array(z.string()).min(1).meta({ description: "At most 20,000 of the order's identifiers" });

/** An event as it is sent; whatever is not named here is kept within `metadata` and ignored beside it. */
export const eventInput = z.object({ ...described, ids }).meta({
  id: 'ADIOrderEventInput',
  example: { metadata: { type: 'encodings', tags: ['line 3'] }, ids: ['4Xb7kPqR', 'wHn3vTzJ'] },
});

const DONE = { created: 2, pending: 0, errorsCount: 0 };

export const eventDocumentSchema = z
  .object({
    id: resourceId('Of the event'),
    createdAt: time,
    updatedAt: time,
    ...described,
    ids: ids.optional().meta({ description: 'With `withIds=true`' }),
    status: statusSchema('events', ['pending', 'completed']).optional().meta({
      description: 'On a single read',
    }),
    result: z.enum(['succeeded', 'failed', 'succeeded_with_failures']).optional().meta({
      description: 'Once it is completed',
    }),
  })
  .meta({
    id: 'ADIOrderEvent',
    example: {
      id: 'UrF2qWHREAQGMHVD2kKKbtqc',
      createdAt: 1795305600000,
      updatedAt: 1795305600000,
      metadata: { type: 'encodings', tags: ['line 3'] },
      status: { state: 'completed', requested: 2, events: DONE, ...DONE },
      result: 'succeeded',
    },
  });
