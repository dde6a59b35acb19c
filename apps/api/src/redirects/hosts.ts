import type { RequestHandler } from 'express';
import type { ApiContext } from '../context';
import { answerLink } from './answerLink';

/** A path of one segment, with or without a slash behind it. */
const ONE_SEGMENT = /^\/([^/]+)\/?$/;

/**
 * Short links on the hosts that are configured domains; it stands before the API's own routes, which go on elsewhere.
 * Nobody shall take over the API's own address by making a domain of its name: on the host of PUBLIC_URL there are no
 * short links, and elsewhere the API's own paths lead there unless a short id is called so.
 * @param ownPaths the API's paths of one segment
 */
export function redirectHosts(
  { shortLinks, settings }: Pick<ApiContext, 'shortLinks' | 'settings'>,
  ownPaths: ReadonlySet<string>,
): RequestHandler {
  const { PUBLIC_URL } = settings;
  const ownHost = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).hostname;
  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const segment = ONE_SEGMENT.exec(request.path)?.[1];
    if (segment === undefined || request.hostname === undefined) return next();
    if (request.hostname.toLowerCase() === ownHost) return next();
    const domain = await shortLinks.findDomain(request.hostname);
    if (domain === undefined) return next();
    const isOwn = ownPaths.has(`/${segment}`);
    if (isOwn && (await shortLinks.findTarget(domain, segment)) === undefined) return next();
    response.locals.route = '/:shortId';
    await answerLink(shortLinks, request, response, { domain, shortId: decode(segment) });
  };
}

/** As it stands if its escapes are broken: that is no short id either. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
