import type { ShortDomain } from '@codemint/db';
import type { CodemintError } from '@codemint/shared';
import type { Request, Response } from 'express';
import { errorAnswer } from '../http/envelope';
import { RouteNotFoundError, TooManyRequestsError } from '../http/errors';
import type { ShortLinks } from './shortLinks';

/**
 * Answers a request for a short link: 307 to its target, 404, or 429 to an address that has guessed too often. No
 * answer is to be kept by anyone: targets change, and what is unknown now may be made the next moment.
 * @param domain undefined for one that is not configured
 */
export async function answerLink(
  links: ShortLinks,
  request: Request,
  response: Response,
  { domain, shortId }: { domain: ShortDomain | undefined; shortId: string },
): Promise<void> {
  const { guesses } = links;
  const bucket = guesses.bucketOf(request.ip);
  response.setHeader('cache-control', 'no-store');
  let waitSeconds = guesses.waitSeconds(bucket);
  if (waitSeconds > 0) return refuse(request, response, waitSeconds);
  const target = domain && (await links.findTarget(domain, shortId));
  // Of many requests at a time the others may have been the misses.
  waitSeconds = await (target === undefined ? guesses.countMiss(bucket) : guesses.waitSeconds(bucket));
  if (waitSeconds > 0) return refuse(request, response, waitSeconds);
  if (target === undefined) return answerFailure(request, response, new RouteNotFoundError(request.path));
  response.statusCode = 307;
  response.setHeader('location', target);
  response.setHeader('content-length', 0);
  response.end();
}

function refuse(request: Request, response: Response, waitSeconds: number): void {
  response.setHeader('retry-after', String(waitSeconds));
  const error = new TooManyRequestsError('Too many links from your address led nowhere. Try again later.');
  answerFailure(request, response, error);
}

/** For a browser's user a sentence, for programs the envelope of errors. */
function answerFailure(request: Request, response: Response, error: CodemintError): void {
  const { status, errors } = errorAnswer(error);
  response.status(status).vary('accept').setHeader('x-content-type-options', 'nosniff');
  if (request.accepts(['json', 'html']) !== 'html') {
    response.json({ errors });
    return;
  }
  response.setHeader('content-security-policy', "default-src 'none'");
  response.type('html').send(page(status));
}

function page(status: number): string {
  const [title, text] =
    status === 404
      ? ['Link not found', 'This link leads nowhere. Check whether it was typed in full, capitals and all.']
      : ['Too many tries', 'Too many links from your address led nowhere. Try again in a few minutes.'];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><h1>${title}</h1><p>${text}</p></html>
`;
}
