import { createHash, timingSafeEqual } from 'node:crypto';
import { ADMINISTRATOR_ID } from '@codemint/db';
import type { RequestHandler } from 'express';
import type { TokenGuard } from '../limits/tokenGuard';

/**
 * Lets in who gives the admin token as the password, under any name; compares in constant time. Wrong ones count as
 * wrong tokens do: an address that sends too many is told nothing for a while.
 */
export function basicAuth(adminToken: string, realm: string, guard: TokenGuard): RequestHandler {
  const expected = digest(adminToken);
  return async (request, response, next) => {
    const given = givenPassword(request.headers.authorization);
    if (given !== undefined) {
      if (guard.knownId(given) === undefined) guard.require(request.ip);
      if (timingSafeEqual(digest(given), expected)) {
        guard.remember(given, ADMINISTRATOR_ID);
        return next();
      }
      await guard.fail(request.ip);
    }
    response.setHeader('www-authenticate', `Basic realm="${realm}", charset="UTF-8"`);
    response.status(401).type('text').send('The password is the admin token.\n');
  };
}

/** Of equal length whatever the password's is. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function givenPassword(header: string | undefined): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : decoded.slice(colon + 1);
}
