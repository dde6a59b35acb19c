import { ADMINISTRATOR_ID, type Caller } from '../access/tokens';
import type { Database } from '../connection/database';
import type { Actor } from './actor';

/** The same connections; what is changed by its transactions is told as done by the caller of a request. */
export function actingFor(
  database: Database,
  { userId, tokenId }: Pick<Caller, 'userId' | 'tokenId'>,
  request: Pick<Actor, 'requestId' | 'address'>,
): Database {
  const actor = { userId, tokenId: tokenId === ADMINISTRATOR_ID ? null : tokenId, ...request };
  return { ...database, actor };
}
