import { z } from 'zod';
import type { RouteResponse } from '../http/route';

/** The group of these routes in the API's description; errors lead there. */
export const TAG = 'ADI orders';

const MAX_TAGS = 60;
const MAX_TAG_LENGTH = 256;

/** Longest text that lists are searched by. */
export const MAX_NAME_LENGTH = 256;

export const freeObject = z.record(z.string(), z.unknown());

export const tags = z.array(z.string().min(1).max(MAX_TAG_LENGTH)).max(MAX_TAGS);

export const resourceId = (description: string) =>
  z.string().meta({ description, example: 'UNc6n2Bk6GPhh6waRm2mNppb' });

/** ECMAScript's last day: what is beyond is no time (ECMA-262, section 21.4.1.1). */
const LAST_TIME = 8_640_000_000_000_000;

export const time = z
  .int()
  .max(LAST_TIME)
  .meta({ description: 'Milliseconds since 1970', example: 1795305600000 });

const progressFields = {
  created: z.int(),
  pending: z.int(),
  errorsCount: z.int(),
  errors: z
    .record(z.string(), z.object({ code: z.int(), error: z.string() }))
    .optional()
    .meta({ description: 'By identifier, with `withErrors=true`' }),
};

/** How far an order or event has come: the counts make up `requested`, and stand in `name` and beside it. */
export function statusSchema(name: 'adis' | 'events', states: readonly [string, ...string[]]) {
  const progress = z.object(progressFields);
  return z.object({ state: z.enum(states), requested: z.int(), [name]: progress, ...progressFields });
}

/** The envelope of this dialect's errors. */
export const errorSchema = z
  .object({
    status: z.int(),
    errors: z.array(z.string()).length(1),
    code: z.int().optional(),
    moreInfo: z.string(),
  })
  .meta({ id: 'ADIError' });

export const refusal = (description: string): RouteResponse => ({ description });

/** What every route may answer besides. */
export const refusals: Readonly<Record<number, RouteResponse>> = {
  400: refusal('The request is wrong: `code` and `errors` say what would be right'),
  401: refusal('There is no token, or it is not one of ours'),
  503: refusal('The database is away for now'),
};

/** What a route with a body may answer besides. */
export const writeRefusals: Readonly<Record<number, RouteResponse>> = {
  ...refusals,
  403: refusal('A reader may not write; 80000090: `targetAccount` is not allowed'),
  409: refusal('A request with this Idempotency-Key is being served'),
  415: refusal('The body is not JSON'),
  422: refusal('This Idempotency-Key came with another request before'),
};

/** Answers with a list; the next page is told by a header. */
export const listAnswer = (document: z.ZodType): RouteResponse => ({
  description:
    'A page. Behind the last row of a page that is not the last one stands a next one: header `Link`',
  schema: z.array(document),
});
