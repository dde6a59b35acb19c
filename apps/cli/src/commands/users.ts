import { ADMINISTRATOR_ID, createUser, findUser, listUsers, type NewUser, setUserStatus } from '@codemint/db';
import { type Command, Option } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { CommandError, noSuch } from '../errors';
import { answerJson, answerList, wantsJson } from '../output';

interface AddOptions {
  role: NewUser['role'];
  account?: string;
  firstName?: string;
  lastName?: string;
}

export function addUserCommands(program: Command, terminal: Terminal): void {
  const user = program.command('user').description('users: who may call the API, with tokens of their own');

  user
    .command('add')
    .description('make a user; again with the same email, role and account it changes nothing')
    .argument('<email>')
    .addOption(
      new Option('--role <role>', 'admin, operator (everything in its account) or reader (reads)')
        .choices(['admin', 'operator', 'reader'])
        .makeOptionMandatory(),
    )
    .option('--account <id>', 'the account; an admin without one sees all accounts')
    .option('--first-name <name>')
    .option('--last-name <name>')
    .action(async (email: string, { account, ...options }: AddOptions, command: Command) => {
      const made = await withDatabase(terminal, (database) =>
        createUser(database, { ...options, email, accountId: account ?? null }),
      );
      if (wantsJson(command)) return answerJson(terminal, { ...made.user, created: made.created });
      terminal.note(made.created ? 'User made. Its id:\n' : 'The user is there already. Its id:\n');
      terminal.write(`${made.user.id}\n`);
    });

  user
    .command('list')
    .description('show all users')
    .option('--account <id>', 'those of one account')
    .action(async ({ account }: { account?: string }, command: Command) => {
      const users = await withDatabase(terminal, (database) => listUsers(database, account));
      answerList(terminal, command, users, ['id', 'email', 'role', 'status', 'account_id', 'date_created']);
    });

  addStatusCommand(user, terminal, 'suspend', 'suspended', "refuse the user's tokens from now on");
  addStatusCommand(user, terminal, 'activate', 'active', "take the user's tokens again");
}

function addStatusCommand(
  user: Command,
  terminal: Terminal,
  name: string,
  status: 'active' | 'suspended',
  description: string,
): void {
  user
    .command(name)
    .description(description)
    .argument('<email or id>')
    .action(async (emailOrId: string, _options, command: Command) => {
      const changed = await withDatabase(terminal, async (database) => {
        const found = await findUser(database, emailOrId);
        if (found === null) throw new CommandError(noSuch('user', emailOrId));
        if (found.id === ADMINISTRATOR_ID) {
          throw new CommandError('This user has the token of the setting CODEMINT_ADMIN_TOKEN: change that.');
        }
        return setUserStatus(database, found.id, status);
      });
      if (wantsJson(command)) return answerJson(terminal, changed);
      terminal.write(`${changed.email} is ${changed.status}.\n`);
    });
}
