import { isResourceId, NotUniqueError, newResourceId, ValidationError } from '@codemint/shared';
import type { Client, Database } from '../connection/database';
import { checkAccount } from './accounts';

export interface ProjectSummary {
  /** 24 characters. */
  id: string;
  name: string;
  account_id: string;
  date_created: Date;
}

const SUMMARY = { id: true, name: true, account_id: true, date_created: true } as const;

/**
 * Makes a project of an account. Asked for again with the same id, account and name it finds what is there: `created`
 * is false then.
 * @param id a random one unless it is given
 * @throws ValidationError for an empty name or an id that is none of ours, UnknownReferenceError for an account that
 *   does not exist, NotUniqueError if the id is another project's
 */
export async function addProject(
  { prisma }: Database,
  { id = newResourceId(), accountId, name }: { id?: string; accountId: string; name: string },
): Promise<{ project: ProjectSummary; created: boolean }> {
  if (name.trim() === '') throw ValidationError.of('name', 'empty', 'It has to have a value.');
  if (!isResourceId(id)) {
    throw ValidationError.of('id', 'format', 'It has to have 24 letters and digits, none of "ijlouvzIJLOZ".');
  }
  await checkAccount(prisma, accountId);
  const data = { id, name, account_id: accountId };
  const { count } = await prisma.project.createMany({ data: [data], skipDuplicates: true });
  const project = await prisma.project.findUniqueOrThrow({ where: { id }, select: SUMMARY });
  if (project.name !== name || project.account_id !== accountId.toLowerCase()) {
    const hint = `It belongs to "${project.name}" of account ${project.account_id}.`;
    throw new NotUniqueError('project', 'id', id, hint);
  }
  return { project, created: count === 1 };
}

/**
 * All projects, or those of one account; the oldest first.
 * @throws UnknownReferenceError for an account that does not exist
 */
export async function listProjects({ prisma }: Database, accountId?: string): Promise<ProjectSummary[]> {
  if (accountId !== undefined) await checkAccount(prisma, accountId);
  return prisma.project.findMany({
    where: { account_id: accountId },
    select: SUMMARY,
    orderBy: [{ date_created: 'asc' }, { id: 'asc' }],
  });
}

/** Whether an account has a project with this id, whatever text that is. */
export async function projectExists(client: Client, id: string, accountId: string): Promise<boolean> {
  if (!isResourceId(id)) return false;
  const { rowCount } = await client.query('SELECT 1 FROM project WHERE id = $1 AND account_id = $2', [
    id,
    accountId,
  ]);
  return rowCount === 1;
}
