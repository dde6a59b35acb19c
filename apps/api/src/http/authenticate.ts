import { type Caller, findCaller } from '@codemint/db';
import { ForbiddenError } from '@codemint/shared';
import type { Request } from 'express';
import type { ApiContext } from '../context';
import type { Dialect } from './dialect';
import { InvalidCredentialsError } from './errors';
import type { Access } from './route';

/**
 * Who calls, as the route's access asks for it; undefined on a public route.
 * @throws InvalidPayloadError, InvalidCredentialsError, ForbiddenError
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
  const caller = await findCaller(context.database, token, context.settings.CODEMINT_ADMIN_TOKEN);
  if (caller === undefined) throw new InvalidCredentialsError();
  if (access === 'writer' && caller.role === 'reader') {
    throw new ForbiddenError('A user with the role "reader" may only read.');
  }
  return caller;
}

/** For a collection that does not exist or that the caller may not see. */
export function unknownCollection(collection: string): ForbiddenError {
  return new ForbiddenError(
    `You don't have permission to access collection "${collection}" or it does not exist. Queried in root.`,
  );
}
