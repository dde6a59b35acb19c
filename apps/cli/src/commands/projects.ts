import { addProject, type Database, listAccounts, listProjects } from '@codemint/db';
import type { Command } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { CommandError } from '../errors';
import { answerJson, answerList, wantsJson } from '../output';

interface AddOptions {
  account?: string;
  id?: string;
}

export function addProjectCommands(program: Command, terminal: Terminal): void {
  const project = program.command('project').description('projects: what ADI orders may be scoped to');

  project
    .command('add')
    .description('make a project; again with the same id, account and name it changes nothing')
    .argument('<name>')
    .option('--account <id>', 'the account that owns it; the first one if absent')
    .option('--id <id>', 'id of the project, 24 characters; a random one if absent')
    .action(async (name: string, { account, id }: AddOptions, command: Command) => {
      const made = await withDatabase(terminal, async (database) =>
        addProject(database, { id, name, accountId: account ?? (await firstAccount(database)) }),
      );
      if (wantsJson(command)) return answerJson(terminal, { ...made.project, created: made.created });
      terminal.note(made.created ? 'Project made. Its id:\n' : 'The project is there already. Its id:\n');
      terminal.write(`${made.project.id}\n`);
    });

  project
    .command('list')
    .description('show all projects')
    .option('--account <id>', 'those of one account')
    .action(async ({ account }: AddOptions, command: Command) => {
      const projects = await withDatabase(terminal, (database) => listProjects(database, account));
      answerList(terminal, command, projects, ['id', 'name', 'account_id', 'date_created']);
    });
}

async function firstAccount(database: Database): Promise<string> {
  const [first] = await listAccounts(database);
  if (first !== undefined) return first.id;
  throw new CommandError('There is no account yet: "codemint account add <name>" makes one.');
}
