import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers for a service that may be reached over plain HTTP: whether TLS is asked for is the proxy's to say.
 * @param options.styleSources where a page may take styles from besides ourselves
 */
export function securityHeaders({ styleSources = [] }: { styleSources?: string[] } = {}): RequestHandler {
  return helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", ...styleSources],
      },
    },
  });
}
