import { createHash, timingSafeEqual } from 'node:crypto';
import { ForbiddenError } from '@codemint/shared';
import type { RequestHandler } from 'express';
import type { ApiContext } from '../context';
import { authenticate } from '../http/authenticate';
import { itemsDialect } from '../http/itemsDialect';

export const METRICS_PATH = '/metrics';

/** What there is to measure, for an administrator and for whoever has the token that opens this and nothing else. */
export function serveMetrics(context: ApiContext): RequestHandler {
  const { registry } = context.metrics;
  const metricsToken = context.settings.METRICS_TOKEN;
  return async (request, response) => {
    const token = itemsDialect.tokenOf(request);
    const isScraper = token !== undefined && metricsToken !== undefined && isSame(token, metricsToken);
    if (!isScraper) {
      const caller = await authenticate(context, request, { access: 'token', dialect: itemsDialect });
      if (caller?.accountId !== null) throw new ForbiddenError('Only an administrator may read the metrics.');
    }
    response.setHeader('cache-control', 'no-store');
    response.type(registry.contentType).send(await registry.metrics());
  };
}

/** Takes as long for any two. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a as Buffer, b as Buffer);
}
