import { z } from 'zod';
import { defineRoute, type Route } from '../../http/route';
import { adisDialect } from '../dialect';
import { refusal, resourceId, TAG } from '../schemas';
import { sendFile } from './sendFile';
import { FILE_NAMES } from './signedLinks';

/** What is no text is as good as missing: the link does not hold. */
const part = (description: string) =>
  z.string().optional().catch(undefined).meta({ type: 'string', description });

const file = defineRoute({
  method: 'get',
  path: '/adis/orders/{id}/files/{file}',
  summary: 'A file of a completed order',
  description: `By the links in an order's \`results\`, which need no key and end after 30 minutes. Files: ${FILE_NAMES.join(', ')}.`,
  tags: [TAG],
  access: 'public',
  dialect: adisDialect,
  request: {
    params: z.object({ id: resourceId('Id of the order'), file: z.string() }),
    query: z.object({
      expires: part('When the link ends, in seconds since 1970'),
      signature: part('Of the path and the time'),
    }),
  },
  responses: {
    200: {
      description: 'The file, compressed where gzip is accepted',
      contentType: 'text/csv',
      files: ['text/plain', 'application/json'],
    },
    403: refusal('The link was changed or cut, or has ended'),
    409: refusal('The file tells EPCs, and the length of the company prefix is not known any more'),
    429: refusal('Too many links from this address did not hold: come back after `Retry-After` seconds'),
  },
  handler: (context, { params, query, http, response }) =>
    sendFile(context, { ...query, orderId: params.id, file: params.file }, http, response),
});

export const fileRoutes: readonly Route[] = [file];
