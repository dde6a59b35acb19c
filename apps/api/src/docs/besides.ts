import { z } from 'zod';
import type { Route } from '../http/route';

/** All that the description says of a route. */
export type DescribedRoute = Omit<Route, 'handler'>;

/** What is served besides the routes: it speaks no dialect. Pages for people are not described. */
export const besides: readonly DescribedRoute[] = [
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    tags: ['server'],
    access: 'public',
    responses: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'What there is to measure, for Prometheus',
    description: 'For an administrator, and for whoever has the token that the setting METRICS_TOKEN says.',
    tags: ['server'],
    access: 'token',
    responses: {
      200: { description: 'In the text format of Prometheus', contentType: 'text/plain', schema: z.string() },
      403: { description: 'The token is not that of an administrator' },
    },
  },
];
