import { type AuditEntry, type Database, findUser, listAudit } from '@codemint/db';
import { isUuid } from '@codemint/shared';
import { type Command, InvalidArgumentError } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { CommandError, noSuch } from '../errors';
import { answerJson, answerList, wantsJson } from '../output';

interface Options {
  account?: string;
  user?: string;
  collection?: string;
  since?: Date;
  limit: number;
}

const DEFAULT_LIMIT = 100;

export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('show who made, changed, deleted or downloaded what, the newest first')
    .option('--account <id>', 'what was done to what is of an account', parseUuid)
    .option('--user <email or id>', 'what one user did')
    .option('--collection <name>', 'what was done to one collection, as identifier_job')
    .option(
      '--since <time>',
      'what was done from a time on, as 2027-01-31 or 2027-01-31T08:00:00Z',
      parseTime,
    )
    .option('--limit <count>', 'most entries', parseLimit, DEFAULT_LIMIT)
    .action(async ({ account, user, ...selection }: Options, command: Command) => {
      const entries = await withDatabase(terminal, async (database) => {
        const userId = user === undefined ? undefined : await requireUserId(database, user);
        return listAudit(database, { ...selection, accountId: account, userId });
      });
      if (wantsJson(command)) {
        return answerJson(
          terminal,
          entries.map((entry) => ({ ...entry, id: Number(entry.id) })),
        );
      }
      answerList(terminal, command, entries.map(rowOf), [
        'date_created',
        'by',
        'action',
        'collection',
        'item',
        'account_id',
        'address',
        'details',
      ]);
    });
}

function rowOf(entry: AuditEntry) {
  const details = entry.details === null ? null : JSON.stringify(entry.details);
  return { ...entry, by: entry.email ?? entry.user_id, details };
}

async function requireUserId(database: Database, emailOrId: string): Promise<string> {
  const user = await findUser(database, emailOrId);
  if (user === null) throw new CommandError(noSuch('user', emailOrId));
  return user.id;
}

function parseUuid(text: string): string {
  if (isUuid(text)) return text;
  throw new InvalidArgumentError('It has to be a UUID.');
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('It has to be a time such as 2027-01-31 or 2027-01-31T08:00:00Z.');
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number from 1 to 999999.');
}
