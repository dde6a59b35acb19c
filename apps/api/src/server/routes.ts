import { z } from 'zod';
import { defineRoute, json, type Route, text } from '../http/route';
import { checkHealth } from './health';

const TAGS = ['server'];

const ping = defineRoute({
  method: 'get',
  path: '/server/ping',
  summary: 'Whether the API runs',
  tags: TAGS,
  access: 'public',
  responses: { 200: { description: '`pong`', contentType: 'text/html', schema: z.literal('pong') } },
  handler: () => text('pong'),
});

const status = z.enum(['ok', 'warn', 'error']);

const healthSchema = z
  .object({
    status,
    checks: z.object({
      database: z.object({ status }),
      schema: z.object({ status, state: z.enum(['current', 'older', 'newer', 'unknown']) }),
      keys: z.object({ status }),
      installation: z.object({ status }),
      queue: z.object({ status, backend: z.enum(['redis', 'postgres']) }),
      oldestWaitingSlice: z.object({ ageSeconds: z.number().nullable() }),
    }),
  })
  .meta({ id: 'health' });

const health = defineRoute({
  method: 'get',
  path: '/server/health',
  summary: 'Whether the API can serve',
  description:
    'The status is `warn` where it can, but not as it should: without its queue jobs are accepted and run later; ' +
    'with no master key that is not retired nothing new is made; in a database that was restored nothing is given out before `codemint after-restore`; on a newer schema it waits to be replaced.',
  tags: TAGS,
  access: 'public',
  responses: {
    200: { description: 'It can', schema: healthSchema },
    503: { description: 'It cannot', schema: healthSchema },
  },
  async handler(context) {
    const found = await context.limits.health.join(() => checkHealth(context));
    return json(found, found.status === 'error' ? 503 : 200);
  },
});

const info = defineRoute({
  method: 'get',
  path: '/server/info',
  summary: 'What this is',
  tags: TAGS,
  access: 'public',
  responses: {
    200: {
      description: 'The name of the service and its limits',
      schema: z.object({
        data: z.object({
          project: z.object({ project_name: z.string() }),
          limits: z.object({ max_quantity: z.int() }),
        }),
      }),
    },
  },
  handler: ({ settings }) =>
    json({
      data: {
        project: { project_name: 'Codemint' },
        limits: { max_quantity: settings.CODEMINT_MAX_QUANTITY },
      },
    }),
});

export const serverRoutes: readonly Route[] = [ping, health, info];
