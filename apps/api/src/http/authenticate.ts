import { type Caller, findCaller } from '@codemint/db';
import { ForbiddenError, InvalidPayloadError } from '@codemint/shared';
import type { Request } from 'express';
import type { ApiContext } from '../context';
import { InvalidCredentialsError } from './errors';
import type { Access } from './route';

/**
 * Who calls, as the route's access asks for it; undefined on a public route.
 * @throws InvalidPayloadError, InvalidCredentialsError, ForbiddenError
 */
export async function authenticate(
  context: ApiContext,
  request: Request,
  access: Access,
): Promise<Caller | undefined> {
  if (access === 'public') return undefined;
  const token = tokenOf(request);
  if (token === undefined) {
    throw access === 'token' ? new InvalidCredentialsError() : unknownCollection(access.collection);
  }
  const caller = await findCaller(context.database, token, context.settings.CODEMINT_ADMIN_TOKEN);
  if (caller === undefined) throw new InvalidCredentialsError();
  return caller;
}

/** For a collection that does not exist or that the caller may not see. */
export function unknownCollection(collection: string): ForbiddenError {
  return new ForbiddenError(
    `You don't have permission to access collection "${collection}" or it does not exist. Queried in root.`,
  );
}

function tokenOf(request: Request): string | undefined {
  const header = /^Bearer +(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
  const parameter = request.query.access_token;
  const queried = typeof parameter === 'string' && parameter !== '' ? parameter : undefined;
  if (header !== undefined && queried !== undefined) {
    throw new InvalidPayloadError('The request uses more than one method for including an access token');
  }
  return header ?? queried;
}
