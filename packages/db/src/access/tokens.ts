import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '../connection/database';

/** Who calls. */
export interface Caller {
  userId: string;
  role: 'admin' | 'operator' | 'reader';
  /** Null: an administrator of the installation, who sees every account. */
  accountId: string | null;
  /** Of the token he calls with; the administrator's, which is a setting, has his own id. */
  tokenId: string;
}

/** The administrator of the installation, whose token is a setting. */
export const ADMINISTRATOR_ID = '00000000-0000-4000-8000-0000000000ad';

const TOKEN_BYTES = 32;

/** 256 random bits: a fast hash is enough, nobody tries them all. */
function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Makes a token for a user; it is told this once and kept only as its hash.
 * @param expires from then on it is refused; without end unless it is given
 */
export async function createToken(
  database: Pick<Database, 'prisma'>,
  userId: string,
  name: string,
  expires: Date | null = null,
): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await database.prisma.access_token.create({
    data: { user_id: userId, name, date_expires: expires, token_hash: new Uint8Array(hashToken(token)) },
  });
  return token;
}

export interface TokenSummary {
  id: string;
  name: string;
  email: string;
  date_created: Date;
  /** From then on it is refused; null for one without end. */
  date_expires: Date | null;
  /** To the minute; null for one that was never used. */
  last_used: Date | null;
  status: 'active' | 'expired';
}

/** All tokens, or those of one user, the oldest first; what they are is not known to anybody but their holders. */
export async function listTokens({ prisma }: Database, userId?: string): Promise<TokenSummary[]> {
  const rows = await prisma.access_token.findMany({
    where: { user_id: userId },
    select: {
      id: true,
      name: true,
      date_created: true,
      date_expires: true,
      last_used: true,
      user: { select: { email: true } },
    },
    orderBy: [{ date_created: 'asc' }, { id: 'asc' }],
  });
  const now = new Date();
  return rows.map(({ user, ...row }) => {
    const isExpired = row.date_expires !== null && row.date_expires <= now;
    return { ...row, email: user.email, status: isExpired ? 'expired' : 'active' };
  });
}

/** From the next request on the token is refused. False if there is none with this id. */
export async function revokeToken({ prisma }: Database, id: string): Promise<boolean> {
  const { count } = await prisma.access_token.deleteMany({ where: { id } });
  return count > 0;
}

/** Who holds a token, whose use is noted; undefined when nobody does, when he is suspended, or when it has expired. */
export async function findCaller(
  database: Database,
  token: string,
  adminToken: string,
): Promise<Caller | undefined> {
  const hash = hashToken(token);
  if (timingSafeEqual(hash, hashToken(adminToken))) {
    return { userId: ADMINISTRATOR_ID, role: 'admin', accountId: null, tokenId: ADMINISTRATOR_ID };
  }
  const { rows } = await database.pool.query<Caller>({
    name: 'find-caller',
    text: `SELECT u.id AS "userId", u.role, u.account_id AS "accountId", t.id AS "tokenId"
             FROM access_token t JOIN users u ON u.id = t.user_id
            WHERE t.token_hash = $1 AND u.status = 'active' AND (t.date_expires IS NULL OR t.date_expires > now())`,
    values: [hash],
  });
  const caller = rows[0];
  if (caller !== undefined) database.tokenUse.note(caller.tokenId);
  return caller;
}
