import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import {
  ADMINISTRATOR_ID,
  type Database,
  type ImportFormat,
  type ImportProgress,
  importCodes,
  readLines,
} from '@codemint/db';
import {
  type CodemintError,
  isUuid,
  type RefusedLine,
  RefusedLinesError,
  UnknownReferenceError,
  ValidationError,
} from '@codemint/shared';
import type { Command } from 'commander';
import { findKeyRing, type Terminal, withDatabase } from '../context';
import { CommandError, noSuch } from '../errors';
import { answerJson, wantsJson } from '../output';

const FORMATS: Readonly<Record<string, ImportFormat>> = { csv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson' };

/** Lines between two words on the progress. */
const PROGRESS_LINES = 100_000;

export function addImportCommand(program: Command, terminal: Terminal): void {
  program
    .command('import')
    .description('import codes that are in the field already: all of a file or none')
    .argument(
      '<file>',
      'CSV with the header product,domain,code,id,status in any order (.csv), or JSON objects, one a line (.ndjson, .jsonl); packed with gzip too (.gz)',
    )
    .option('--account <id>', 'refuse products and domains of other accounts')
    .action(async (file: string, { account }: { account?: string }, command: Command) => {
      const { path, format } = codeFile(terminal, file);
      const ring = findKeyRing(terminal.environment);
      const imported = await withDatabase(terminal, async (database) => {
        if (account !== undefined) await requireAccount(database, account);
        return importCodes(database, ring, {
          accountId: account ?? null,
          userId: ADMINISTRATOR_ID,
          lines: linesOf({ path, format }),
          onProgress: (progress) => noteProgress(terminal, progress),
        });
      }).catch((error: unknown) => {
        if (error instanceof RefusedLinesError) report(terminal, error, wantsJson(command));
        throw error;
      });
      if (wantsJson(command)) return answerJson(terminal, imported);
      terminal.write(`${imported.imported} codes are imported.\n`);
    });
}

/** A file that can be imported. */
export interface CodeFile {
  path: string;
  format: ImportFormat;
}

/** @throws CommandError for a name that tells no format */
export function codeFile(terminal: Terminal, file: string): CodeFile {
  // npm runs scripts in the project's folder and says here where the user is.
  const path = resolve(terminal.environment.INIT_CWD ?? '.', file);
  return { path, format: formatOf(path) };
}

export function linesOf({ path, format }: CodeFile): ReturnType<typeof readLines> {
  return readLines(Readable.from(contentOf(path), { objectMode: false }), format);
}

function formatOf(path: string): ImportFormat {
  const ending = /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined;
  if (format !== undefined) return format;
  throw new CommandError(
    `The name of "${path}" has to end in .csv, .ndjson or .jsonl, with .gz behind it or not.`,
  );
}

/** Opened when it is read, so that whoever reads hears of what goes wrong. */
async function* contentOf(path: string): AsyncGenerator<Buffer> {
  const file = (await open(path)).createReadStream();
  if (!/\.gz$/i.test(path)) return yield* file;
  const gunzip = createGunzip();
  pipeline(file, gunzip).catch(() => undefined);
  yield* gunzip;
}

async function requireAccount({ prisma }: Database, id: string): Promise<void> {
  if (isUuid(id) && (await prisma.account.findUnique({ where: { id }, select: { id: true } }))) return;
  throw new CommandError(noSuch('account', id));
}

function noteProgress(terminal: Terminal, { step, lines }: ImportProgress): void {
  if (lines % PROGRESS_LINES === 0) terminal.note(`${lines} lines ${step}\n`);
}

/** Tells the first refused lines one by one. */
export function report(terminal: Terminal, { refused, count }: RefusedLinesError, asJson: boolean): void {
  if (asJson) {
    const lines = refused.map(({ line, errors }) => ({ line, errors: errors.map(describe) }));
    answerJson(terminal, { imported: 0, refused_lines: count, refused: lines });
    return;
  }
  for (const line of refused) terminal.note(`${describeLine(line)}\n`);
  if (refused.length < count) terminal.note(`… and ${count - refused.length} more\n`);
}

function describeLine({ line, errors }: RefusedLine): string {
  return `line ${line}: ${errors.map(describe).join(' ')}`;
}

function describe(error: CodemintError): string {
  if (error instanceof ValidationError) {
    return error.issues.map(({ field, message }) => `Wrong ${field}: ${message}`).join(' ');
  }
  if (error instanceof UnknownReferenceError) return `There is no ${error.field} "${error.value}" for you.`;
  return error.message;
}
