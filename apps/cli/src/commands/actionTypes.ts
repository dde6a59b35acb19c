import { addActionType, listActionTypes } from '@codemint/db';
import type { Command } from 'commander';
import { type Terminal, withDatabase } from '../context';
import { answerJson, answerList, wantsJson } from '../output';

export function addActionTypeCommands(program: Command, terminal: Terminal): void {
  const actionType = program
    .command('action-type')
    .description('types of actions: what the events of ADI orders may be, besides the built-in ones');

  actionType
    .command('add')
    .description('add a type; again it changes nothing')
    .argument('<name>', 'begins with an underscore, as _inspections')
    .action(async (name: string, _options, command: Command) => {
      const created = await withDatabase(terminal, (database) => addActionType(database, name));
      if (wantsJson(command)) return answerJson(terminal, { name, created });
      terminal.write(created ? `${name} is added.\n` : `${name} is there already.\n`);
    });

  actionType
    .command('list')
    .description('show all types, the built-in ones first')
    .action(async (_options, command: Command) => {
      const types = await withDatabase(terminal, listActionTypes);
      answerList(terminal, command, types, ['name', 'date_created']);
    });
}
