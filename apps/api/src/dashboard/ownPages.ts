import type { Request, RequestHandler } from 'express';

/** A browser sends the password along whoever's page asks: what changes things must come from the dashboard itself. */
export const refuseForeignPages: RequestHandler = (request, response, next) => {
  if (isReading(request) || isOwn(request)) return next();
  response.status(403).type('text').send('Only the dashboard itself may do this.\n');
};

export function isReading({ method }: Pick<Request, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/** Over plain HTTP browsers leave out `Sec-Fetch-Site`, never `Origin`; who sends neither is no browser. */
function isOwn({ headers, host }: Request): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
