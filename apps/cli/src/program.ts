import { Command, CommanderError } from 'commander';
import { addAccountCommands } from './commands/accounts';
import { addActionTypeCommands } from './commands/actionTypes';
import { addAfterRestoreCommand } from './commands/afterRestore';
import { addAuditCommand } from './commands/audit';
import { addImportCommand } from './commands/import';
import { addKeyCommands } from './commands/keys';
import { addMigrateCommand } from './commands/migrate';
import { addProjectCommands } from './commands/projects';
import { addRetryCommand } from './commands/retry';
import { addTokenCommands } from './commands/tokens';
import { addUserCommands } from './commands/users';
import { addVerifyCommand } from './commands/verify';
import type { Terminal } from './context';
import { explain } from './errors';

const FAILED = 1;
const WRONG_USAGE = 2;

/**
 * Runs one command.
 * @param args what follows the program's name
 * @returns the exit code: 0 done, 1 failed or refused, 2 called in a wrong way; `note` got one line on it
 */
export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
  try {
    await makeProgram(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    terminal.note(`codemint: ${explain(error)}\n`);
    return FAILED;
  }
}

function makeProgram(terminal: Terminal): Command {
  const program = new Command('codemint')
    .description('Manages an installation of Codemint')
    .option('--json', 'answer in JSON, for scripts')
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.note })
    // It throws instead of ending the process; commands made after this do the same.
    .exitOverride()
    .addHelpText(
      'after',
      '\nWithout DATABASE_URL it works on the stack that "npm start" runs on CODEMINT_DATA_DIR.',
    );
  addMigrateCommand(program, terminal);
  addAccountCommands(program, terminal);
  addUserCommands(program, terminal);
  addTokenCommands(program, terminal);
  addProjectCommands(program, terminal);
  addActionTypeCommands(program, terminal);
  addImportCommand(program, terminal);
  addVerifyCommand(program, terminal);
  addAfterRestoreCommand(program, terminal);
  addRetryCommand(program, terminal);
  addKeyCommands(program, terminal);
  addAuditCommand(program, terminal);
  return program;
}
