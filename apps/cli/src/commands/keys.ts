import { type Database, listKeys, type MasterKey, retireKey } from '@codemint/db';
import type { KeyRing } from '@codemint/shared';
import { type Command, InvalidArgumentError } from 'commander';
import { findKeyRing, type Terminal, withDatabase } from '../context';
import { answerJson, answerList, wantsJson } from '../output';

export function addKeyCommands(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('master keys: what codes are made with, by version');

  keys
    .command('list')
    .description('show all versions, with the pools and codes of each')
    .action(async (_options, command: Command) => {
      const ring = findKeyRing(terminal.environment);
      const found = await withDatabase(terminal, ({ pool }) => listKeys(pool, ring));
      answerList(terminal, command, found, ['version', 'present', 'pools', 'codes', 'retired']);
    });

  keys
    .command('retire')
    .description('make nothing new with a version, as when its key has leaked; again it changes nothing')
    .argument('<version>', 'number of the version', parseVersion)
    .action(async (version: number, _options, command: Command) => {
      const ring = findKeyRing(terminal.environment);
      const { key, isNew, next } = await withDatabase(terminal, (database) =>
        retire(database, ring, version),
      );
      if (next !== undefined) noteNext(terminal, next);
      if (wantsJson(command)) return answerJson(terminal, { ...key, isNew });
      const since = isNew ? 'is retired' : `is retired since ${key.retired?.toISOString()}`;
      terminal.write(`Version ${version} ${since}: ${key.pools} pools give nothing out any more.\n`);
      terminal.note(
        `Keep it in CODEMINT_MASTER_KEYS: without it nobody can tell which of its ${key.codes} codes are ours.\n`,
      );
    });
}

async function retire(database: Database, ring: KeyRing, version: number) {
  const retired = await retireKey(database, ring, version);
  const keys = await listKeys(database.pool, ring);
  return { ...retired, next: keys.find((key) => key.present && key.retired === null) };
}

/** @param next the version that this command would make new codes with */
function noteNext(terminal: Terminal, next: MasterKey): void {
  terminal.note(
    `New codes are made with version ${next.version}. Every running process has to have it: this command sees only the ` +
      'keys of its own environment, or of the key file.\n',
  );
  if (next.pools > 0) return;
  terminal.note(
    `Warning: nothing was made with version ${next.version} yet. A process that has no key but retired ones refuses all ` +
      'jobs and orders.\n',
  );
}

function parseVersion(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number from 1 on.');
}
