import {
  createToken,
  type Database,
  findUser,
  listTokens,
  revokeToken,
  type UserSummary,
} from '@codemint/db';
import { isUuid } from '@codemint/shared';
import type { Command } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { CommandError, noSuch } from '../errors';
import { answerJson, answerList, wantsJson } from '../output';

export function addTokenCommands(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('tokens: what the API asks its callers for');

  token
    .command('add')
    .description('make a token for a user and show it, this once')
    .argument('<email or id>', 'the user')
    .option('--name <name>', 'what it is for', 'codemint')
    .action(async (emailOrId: string, { name }: { name: string }, command: Command) => {
      const { user, made } = await withDatabase(terminal, async (database) => {
        const user = await requireUser(database, emailOrId);
        return { user, made: await createToken(database, user.id, name) };
      });
      if (wantsJson(command)) return answerJson(terminal, { token: made, name, email: user.email });
      terminal.note(`Token of ${user.email}. Keep it well, it is not shown again:\n`);
      terminal.write(`${made}\n`);
    });

  token
    .command('list')
    .description('show the names of all tokens')
    .argument('[email or id]', 'those of one user')
    .action(async (emailOrId: string | undefined, _options, command: Command) => {
      const tokens = await withDatabase(terminal, async (database) =>
        listTokens(
          database,
          emailOrId === undefined ? undefined : (await requireUser(database, emailOrId)).id,
        ),
      );
      answerList(terminal, command, tokens, ['id', 'name', 'email', 'date_created']);
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

async function requireUser(database: Database, emailOrId: string): Promise<UserSummary> {
  const user = await findUser(database, emailOrId);
  if (user === null) throw new CommandError(noSuch('user', emailOrId));
  return user;
}
