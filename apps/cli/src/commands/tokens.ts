import {
  createToken,
  type Database,
  findUser,
  listTokens,
  revokeToken,
  type UserSummary,
} from '@codemint/db';
import { isUuid } from '@codemint/shared';
import { type Command, InvalidArgumentError } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { CommandError, noSuch } from '../errors';
import { answerJson, answerList, wantsJson } from '../output';

interface AddOptions {
  name: string;
  expires?: Date;
}

export function addTokenCommands(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('tokens: what the API asks its callers for');

  token
    .command('add')
    .description('make a token for a user and show it, this once')
    .argument('<email or id>', 'the user')
    .option('--name <name>', 'what it is for', 'codemint')
    .option(
      '--expires <when>',
      'a date, as 2027-01-31, or a number of days, as 90d; never if absent',
      parseExpiry,
    )
    .action(async (emailOrId: string, { name, expires }: AddOptions, command: Command) => {
      const { user, made } = await withDatabase(terminal, async (database) => {
        const user = await requireUser(database, emailOrId);
        return { user, made: await createToken(database, user.id, name, expires) };
      });
      if (wantsJson(command)) {
        return answerJson(terminal, { token: made, name, email: user.email, date_expires: expires ?? null });
      }
      const until = expires === undefined ? '' : `, until ${expires.toISOString()}`;
      terminal.note(`Token of ${user.email}${until}. Keep it well, it is not shown again:\n`);
      terminal.write(`${made}\n`);
    });

  token
    .command('list')
    .description('show the names of all tokens, when they end and when they were last used')
    .argument('[email or id]', 'those of one user')
    .action(async (emailOrId: string | undefined, _options, command: Command) => {
      const tokens = await withDatabase(terminal, async (database) =>
        listTokens(
          database,
          emailOrId === undefined ? undefined : (await requireUser(database, emailOrId)).id,
        ),
      );
      answerList(terminal, command, tokens, [
        'id',
        'name',
        'email',
        'status',
        'date_created',
        'date_expires',
        'last_used',
      ]);
    });

  token
    .command('revoke')
    .description('refuse a token from now on')
    .argument('<id>', 'id of the token, as "token list" shows it')
    .action(async (id: string, _options, command: Command) => {
      const revoked = await withDatabase(
        terminal,
        async (database) => isUuid(id) && revokeToken(database, id),
      );
      if (!revoked) throw new CommandError(noSuch('token', id));
      if (wantsJson(command)) return answerJson(terminal, { id });
      terminal.write('The token is revoked.\n');
    });
}

const DAY_MS = 86_400_000;

/** @returns a time to come: so many days from now, or the beginning of a day in UTC */
function parseExpiry(text: string): Date {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  if (days !== undefined) return new Date(Date.now() + Number(days) * DAY_MS);
  const date = new Date(/^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? text : Number.NaN);
  // 31 April would be 1 May.
  const isDate = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 10));
  if (!isDate) throw new InvalidArgumentError('It has to be a date such as 2027-01-31, or days such as 90d.');
  if (date.getTime() <= Date.now()) throw new InvalidArgumentError('It has to be a time to come.');
  return date;
}

async function requireUser(database: Database, emailOrId: string): Promise<UserSummary> {
  const user = await findUser(database, emailOrId);
  if (user === null) throw new CommandError(noSuch('user', emailOrId));
  return user;
}
