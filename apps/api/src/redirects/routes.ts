import { z } from 'zod';
import { defineRoute, type Route, written } from '../http/route';
import { answerLink } from './answerLink';

const readLink = defineRoute({
  method: 'get',
  path: '/r/{domain}/{shortId}',
  summary: 'Follow a short link',
  description:
    'On a host that is itself a configured domain the path is `/{shortId}` alone. Addresses that ask for too many unknown short ids are refused for a minute, known ones included.',
  tags: ['Short links'],
  access: 'public',
  request: {
    params: z.object({
      domain: z.string().meta({ description: 'Host name of a configured domain.', example: 'tn.gg' }),
      shortId: z.string().meta({ description: 'A short code of that domain, or the short id of a Thng.' }),
    }),
  },
  responses: {
    307: {
      description:
        "In `Location` the ADI order's `defaultRedirectUrl` with its placeholders filled; of short codes the product's redirection URL, else the account's",
    },
    404: { description: 'Nothing is known of it, or it has no http(s) URL to lead to', files: ['text/html'] },
    429: {
      description: 'Too many links from this address led nowhere: come back after `Retry-After` seconds',
      files: ['text/html'],
    },
  },
  async handler({ shortLinks }, { params, http, response }) {
    const domain = await shortLinks.findDomain(params.domain);
    await answerLink(shortLinks, http, response, { domain, shortId: params.shortId });
    return written;
  },
});

export const redirectRoutes: readonly Route[] = [readLink];
