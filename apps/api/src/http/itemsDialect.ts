import { InvalidPayloadError } from '@codemint/shared';
import express, { type Request } from 'express';
import { type Dialect, run } from './dialect';
import { errorAnswer } from './envelope';
import { errorsSchema } from './errorsSchema';

const parseJson = express.json({ limit: '1mb' });

/** The dialect of collections, and of all that has none of its own. */
export const itemsDialect: Dialect = {
  security: ['bearer', 'accessToken'],
  tokenOf,
  async readBody(http, response) {
    await run(parseJson, http, response);
    return http.body;
  },
  reply(error) {
    const { errors, ...reply } = errorAnswer(error);
    return { ...reply, body: { errors } };
  },
  errorSchema: errorsSchema,
};

function tokenOf(request: Request): string | undefined {
  const header = /^Bearer +(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
  const parameter = request.query.access_token;
  const queried = typeof parameter === 'string' && parameter !== '' ? parameter : undefined;
  if (header !== undefined && queried !== undefined) {
    throw new InvalidPayloadError('The request uses more than one method for including an access token');
  }
  return header ?? queried;
}
