import { escapeLiteral } from 'pg';

/** Who does something, for the audit log. */
export interface Actor {
  userId: string;
  /** Null for the administrator, whose token is a setting. */
  tokenId: string | null;
  requestId: string;
  /** From which the request came. */
  address: string | null;
}

/** SQL that says who acts until the transaction ends: the triggers of the audit log read it. */
export function sayActor({ userId, tokenId, requestId, address }: Actor): string {
  const told = JSON.stringify({ user: userId, token: tokenId, request: requestId, address });
  return `SELECT set_config('codemint.actor', ${escapeLiteral(told)}, true)`;
}
