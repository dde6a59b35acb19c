import { isUuid, NotUniqueError, UnknownReferenceError, ValidationError } from '@codemint/shared';
import type { Database } from '../connection/database';
import { ADMINISTRATOR_ID } from './tokens';

export interface AccountSummary {
  id: string;
  account_name: string;
  date_created: Date;
}

const SUMMARY = { id: true, account_name: true, date_created: true } as const;

/**
 * Makes an account. Asked for again with the same id and name it finds what is there: `created` is false then.
 * @throws ValidationError for an empty name or an id that is no UUID, NotUniqueError if the id is another account's.
 */
export async function createAccount(
  { prisma }: Database,
  { id, name }: { id?: string; name: string },
): Promise<{ account: AccountSummary; created: boolean }> {
  if (name.trim() === '') throw ValidationError.of('account_name', 'empty', 'It has to have a value.');
  if (id !== undefined && !isUuid(id)) throw ValidationError.of('id', 'uuid', 'It has to be a UUID.');
  const data = { account_name: name, user_created: ADMINISTRATOR_ID };
  if (id === undefined) {
    return { account: await prisma.account.create({ data, select: SUMMARY }), created: true };
  }
  const { count } = await prisma.account.createMany({ data: [{ ...data, id }], skipDuplicates: true });
  const account = await prisma.account.findUniqueOrThrow({ where: { id }, select: SUMMARY });
  if (account.account_name !== name) {
    throw new NotUniqueError('account', 'id', id, `It belongs to "${account.account_name}".`);
  }
  return { account, created: count === 1 };
}

/** Whether there is an account with this id, whatever text that is. */
export async function accountExists({ prisma }: Pick<Database, 'prisma'>, id: string): Promise<boolean> {
  // In lower case: Prisma compares the rows of several such questions at once with what was asked, as text.
  const where = { id: id.toLowerCase() };
  return isUuid(id) && (await prisma.account.findUnique({ where, select: { id: true } })) !== null;
}

/** @throws UnknownReferenceError for an account that does not exist */
export async function checkAccount(prisma: Database['prisma'], id: string): Promise<void> {
  if (!(await accountExists({ prisma }, id))) throw new UnknownReferenceError('account', 'id', id);
}

/** All accounts, the oldest first. */
export function listAccounts({ prisma }: Database): Promise<AccountSummary[]> {
  return prisma.account.findMany({ select: SUMMARY, orderBy: [{ date_created: 'asc' }, { id: 'asc' }] });
}
