import { type Caller, findCaller } from '@codemint/db';
import { ForbiddenError } from '@codemint/shared';
import type { Request } from 'express';
import type { ApiContext } from '../context';
import type { Dialect } from './dialect';
import { InvalidCredentialsError } from './errors';
import type { Access } from './route';

/**
 * Who calls, as the route's access asks for it; undefined on a public route. The request counts as one of his token's,
 * or as one of an address that has none.
 * @throws InvalidPayloadError, InvalidCredentialsError, ForbiddenError, TooManyRequestsError
 */
export async function authenticate(
  context: ApiContext,
  request: Request,
  { access, dialect }: { access: Access; dialect: Dialect },
): Promise<Caller | undefined> {
  if (access === 'public') return undefined;
  const token = dialect.tokenOf(request);
  if (token === undefined) {
    throw typeof access === 'object' ? unknownCollection(access.collection) : new InvalidCredentialsError();
  }
  const caller = await callerOf(context, request, token);
  if (access === 'writer' && caller.role === 'reader') {
    throw new ForbiddenError('A user with the role "reader" may only read.');
  }
  return caller;
}

async function callerOf(
  { database, limits, settings }: ApiContext,
  { ip }: Request,
  token: string,
): Promise<Caller> {
  // Who is to be refused costs no question to the database.
  const known = limits.tokens.knownId(token);
  if (known === undefined) limits.tokens.require(ip);
  else limits.requests.requireSome(known);
  const caller = await findCaller(database, token, settings.CODEMINT_ADMIN_TOKEN);
  if (caller === undefined) {
    await limits.tokens.fail(ip, token);
    throw new InvalidCredentialsError();
  }
  limits.tokens.remember(token, caller.tokenId);
  await limits.requests.take(caller.tokenId);
  return caller;
}

/** For a collection that does not exist or that the caller may not see. */
export function unknownCollection(collection: string): ForbiddenError {
  return new ForbiddenError(
    `You don't have permission to access collection "${collection}" or it does not exist. Queried in root.`,
  );
}
