import type { Request, RequestHandler, Response } from 'express';
import type { ApiContext } from '../context';

/** What no route has served. */
const NO_ROUTE = 'none';

/** Counts and times every request, and traces it where traces are wanted; stands before everything else. */
export function observeRequests({
  metrics,
  tracing,
}: Pick<ApiContext, 'metrics' | 'tracing'>): RequestHandler {
  const { requestSeconds, requestsInFlight } = metrics;
  return (request, response, next) => {
    const startedAt = performance.now();
    requestsInFlight.inc();
    const endSpan = tracing.request(request, next);
    // Also when its caller has gone away before the answer.
    response.once('close', () => {
      const { method } = request;
      const { statusCode: status } = response;
      const route = routeOf(request, response);
      requestsInFlight.dec();
      requestSeconds.observe({ method, route, status }, (performance.now() - startedAt) / 1000);
      endSpan({ route, status });
    });
  };
}

/** As it was declared: of what is mounted as a whole, such as the dashboard, where it is mounted. */
function routeOf({ baseUrl, route }: Request, { locals }: Response): string {
  // What serves without being a route says what it is.
  if (locals.route !== undefined) return locals.route;
  // As they match whatever the case, callers could make up many.
  if (baseUrl) return baseUrl.toLowerCase();
  return typeof route?.path === 'string' ? route.path : NO_ROUTE;
}
