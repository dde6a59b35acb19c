import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';

/** Lets in who gives the password, under any name; compares in constant time. */
export function basicAuth(password: string, realm: string): RequestHandler {
  const expected = digest(password);
  return (request, response, next) => {
    const given = givenPassword(request.headers.authorization);
    if (given !== undefined && timingSafeEqual(digest(given), expected)) {
      next();
      return;
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
