import { isUuid, NotUniqueError, ValidationError } from '@codemint/shared';
import type { Database } from '../connection/database';
import { checkAccount } from './accounts';
import type { Caller } from './tokens';

export interface UserSummary {
  id: string;
  email: string;
  first_name: string | null;
  last_name: string | null;
  role: string;
  status: string;
  /** Null: sees every account. */
  account_id: string | null;
  date_created: Date;
}

export interface NewUser {
  email: string;
  role: Caller['role'];
  /** Null only for an administrator, who then sees every account. */
  accountId: string | null;
  firstName?: string;
  lastName?: string;
}

const SUMMARY = {
  id: true,
  email: true,
  first_name: true,
  last_name: true,
  role: true,
  status: true,
  account_id: true,
  date_created: true,
} as const;

/**
 * Makes a user. Asked for again with the same email, role and account it finds who is there: `created` is false then.
 * @throws ValidationError, UnknownReferenceError for an account that does not exist, NotUniqueError if the email is
 *   that of a user with another role or account.
 */
export async function createUser(
  { prisma }: Database,
  { email, role, accountId, firstName, lastName }: NewUser,
): Promise<{ user: UserSummary; created: boolean }> {
  const address = normaliseEmail(email);
  if (!/^[^\s@]+@[^\s@]+$/.test(address)) {
    throw ValidationError.of('email', 'email', 'It has to be like name@example.com.');
  }
  if (accountId === null && role !== 'admin') {
    throw ValidationError.of('account', 'required', 'Only an admin can be without an account.');
  }
  if (accountId !== null) await checkAccount(prisma, accountId);
  const data = {
    email: address,
    role,
    account_id: accountId,
    first_name: firstName,
    last_name: lastName,
  };
  const { count } = await prisma.users.createMany({ data: [data], skipDuplicates: true });
  const user = await prisma.users.findUniqueOrThrow({ where: { email: address }, select: SUMMARY });
  if (user.role !== role || user.account_id !== (accountId?.toLowerCase() ?? null)) {
    const where = user.account_id === null ? 'without an account' : `in account ${user.account_id}`;
    throw new NotUniqueError(
      'users',
      'email',
      address,
      `There is such a user with role ${user.role} ${where}.`,
    );
  }
  return { user, created: count === 1 };
}

/**
 * All users, or those of one account; the oldest first.
 * @throws UnknownReferenceError for an account that does not exist
 */
export async function listUsers({ prisma }: Database, accountId?: string): Promise<UserSummary[]> {
  if (accountId !== undefined) await checkAccount(prisma, accountId);
  return prisma.users.findMany({
    where: { account_id: accountId },
    select: SUMMARY,
    orderBy: [{ date_created: 'asc' }, { id: 'asc' }],
  });
}

/** The user with this email, in any case, or this id. */
export function findUser({ prisma }: Database, emailOrId: string): Promise<UserSummary | null> {
  const where = isUuid(emailOrId) ? { id: emailOrId } : { email: normaliseEmail(emailOrId) };
  return prisma.users.findUnique({ where, select: SUMMARY });
}

/** A suspended user's tokens are refused from the next request on, until the user is active again. */
export function setUserStatus(
  { prisma }: Database,
  id: string,
  status: 'active' | 'suspended',
): Promise<UserSummary> {
  return prisma.users.update({ where: { id }, data: { status }, select: SUMMARY });
}

function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}
