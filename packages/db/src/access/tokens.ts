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

/** Makes a token for a user; it is told this once and kept only as its hash. */
export async function createToken(database: Database, userId: string, name: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await database.prisma.access_token.create({
    data: { user_id: userId, name, token_hash: new Uint8Array(hashToken(token)) },
  });
  return token;
}

export interface TokenSummary {
  id: string;
  name: string;
  email: string;
  date_created: Date;
}

/** All tokens, or those of one user, the oldest first; what they are is not known to anybody but their holders. */
export async function listTokens({ prisma }: Database, userId?: string): Promise<TokenSummary[]> {
  const rows = await prisma.access_token.findMany({
    where: { user_id: userId },
    select: { id: true, name: true, date_created: true, user: { select: { email: true } } },
    orderBy: [{ date_created: 'asc' }, { id: 'asc' }],
  });
  return rows.map(({ user, ...row }) => ({ ...row, email: user.email }));
}

/** From the next request on the token is refused. False if there is none with this id. */
export async function revokeToken({ prisma }: Database, id: string): Promise<boolean> {
  const { count } = await prisma.access_token.deleteMany({ where: { id } });
  return count > 0;
}

/** Who holds a token; undefined when nobody does, when he is suspended, or when it has expired. */
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
  return rows[0];
}
