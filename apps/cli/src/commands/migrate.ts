import { migrate } from '@codemint/db';
import type { Command } from 'commander';
import { findConnectionString, type Terminal } from '../context';
import { answerJson, wantsJson } from '../output';

export function addMigrateCommand(program: Command, terminal: Terminal): void {
  program
    .command('migrate')
    .description("bring the database's schema up to date; any number may run at once, one of them does it")
    .action(async (_options, command: Command) => {
      const done: string[] = [];
      await migrate(findConnectionString(terminal.environment), (line) => {
        done.push(line);
        if (!wantsJson(command)) terminal.write(`${line}\n`);
      });
      if (wantsJson(command)) answerJson(terminal, { done });
      else terminal.write('The schema is up to date.\n');
    });
}
