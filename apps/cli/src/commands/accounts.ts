import { createAccount, listAccounts } from '@codemint/db';
import type { Command } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { answerJson, answerList, wantsJson } from '../output';

export function addAccountCommands(program: Command, terminal: Terminal): void {
  const account = program.command('account').description('accounts: who owns products, domains and jobs');

  account
    .command('add')
    .description('make an account; again with the same id and name it changes nothing')
    .argument('<name>')
    .option('--id <uuid>', 'id of the account; a random one if absent')
    .action(async (name: string, options: { id?: string }, command: Command) => {
      const made = await withDatabase(terminal, (database) => createAccount(database, { ...options, name }));
      if (wantsJson(command)) return answerJson(terminal, { ...made.account, created: made.created });
      terminal.note(made.created ? 'Account made. Its id:\n' : 'The account is there already. Its id:\n');
      terminal.write(`${made.account.id}\n`);
    });

  account
    .command('list')
    .description('show all accounts')
    .action(async (_options, command: Command) => {
      const accounts = await withDatabase(terminal, listAccounts);
      answerList(terminal, command, accounts, ['id', 'account_name', 'date_created']);
    });
}
