import { setTimeout as delay } from 'node:timers/promises';
import {
  ADMINISTRATOR_ID,
  afterClone,
  afterRestore,
  type Database,
  importCodes,
  isHome,
  type Margins,
  readPace,
  registerWaitingOrders,
} from '@codemint/db';
import type { QueueBackend } from '@codemint/queue';
import { type KeyRing, RefusedLinesError } from '@codemint/shared';
import { type Command, InvalidArgumentError } from 'commander';
import { findKeyRing, openQueue, type Terminal, withDatabase } from '../context';
import { CommandError } from '../errors';
import { answerJson, wantsJson } from '../output';
import { describeClone, describeRestore, NOTHING_TO_DO, type RestoreOutcome } from './afterRestoreReport';
import { type CodeFile, codeFile, linesOf, report } from './import';

const QUEUE_PATIENCE_MS = 10_000;
const QUEUE_PAUSE_MS = 200;

interface Options {
  margin?: number;
  ssccMargin?: number;
  supplied?: string[];
  noneSupplied?: boolean;
  clone?: boolean;
  force?: boolean;
}

export function addAfterRestoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('after-restore')
    .description(
      'let a database give numbers out again that was restored, promoted or copied; again it changes nothing',
    )
    .option(
      '--margin <codes>',
      'more codes than any product or domain can have been given in the time that is lost; 0 where nothing is lost',
      parseMargin,
    )
    .option(
      '--sscc-margin <codes>',
      'the same of SSCCs of one company prefix (default: --margin)',
      parseMargin,
    )
    .option(
      '--supplied <files...>',
      'files for "codemint import" with the ids that came from outside in that time',
    )
    .option('--none-supplied', 'no ids came from outside in that time')
    .option('--clone', 'this is a copy for staging: make its codes with a master key of its own')
    .option('--force', 'also where nothing tells of a restore, as of a disk or snapshot that was put back')
    .action(async (options: Options, command: Command) => {
      const ring = findKeyRing(terminal.environment);
      const files = (options.supplied ?? []).map((file) => codeFile(terminal, file));
      const done = await withDatabase(terminal, async (database) => {
        if (options.force !== true && (await isHome(database.pool))) return undefined;
        if (options.clone === true) return cloned(terminal, database, ring, options);
        return restored(terminal, database, ring, { options, files, asJson: wantsJson(command) });
      });
      if (wantsJson(command)) return answerJson(terminal, done?.answer ?? { done: false });
      terminal.write(done?.text ?? NOTHING_TO_DO);
    });
}

interface Done {
  answer: object;
  text: string;
}

async function restored(
  terminal: Terminal,
  database: Database,
  ring: KeyRing,
  { options, files, asJson }: { options: Options; files: readonly CodeFile[]; asJson: boolean },
): Promise<Done | undefined> {
  const margins = await requireMargins(database, options);
  return withQueue(terminal, async (empty) => {
    const registered = await registerWaitingOrders(database, ring);
    let imported = 0;
    for (const file of files) imported += await importSupplied(terminal, database, ring, { file, asJson });
    await empty();
    const outcome = await afterRestore(database, ring, margins, options.force === true);
    return outcome && answerOf({ ...outcome, margins, registered, imported });
  });
}

function answerOf(outcome: RestoreOutcome): Done {
  return { answer: { done: true, ...outcome }, text: describeRestore(outcome) };
}

async function cloned(
  terminal: Terminal,
  database: Database,
  ring: KeyRing,
  { force }: Options,
): Promise<Done | undefined> {
  return withQueue(terminal, async (empty) => {
    // First: once the copy is at home, running this again would not empty it any more.
    await empty();
    const outcome = await afterClone(database, ring, force === true);
    return outcome && { answer: { done: true, ...outcome }, text: describeClone(outcome) };
  });
}

/** @throws CommandError that tells what the backup says of a margin, or what else is to be given */
async function requireMargins({ pool }: Database, options: Options): Promise<Margins> {
  const { margin, ssccMargin = margin, supplied = [], noneSupplied } = options;
  if (margin === undefined || ssccMargin === undefined) {
    const { newest, codesADay, ssccsADay } = await readPace(pool);
    throw new CommandError(
      'Give --margin: more codes than any product or domain can have been given since the backup, 0 if none was. ' +
        `The newest job of the backup is ${newest === null ? 'none' : `of ${newest.toISOString()}`}; in the 30 days ` +
        `before, one product or domain got at most ${codesADay} codes a day, and ${ssccsADay} SSCCs were given out.`,
    );
  }
  if (supplied.length > 0 === (noneSupplied === true) && margin > 0) {
    throw new CommandError(
      'Say which ids came from outside in the time that is lost (by "codemint import", by /import, or in ADI orders ' +
        'with ids of their own): give their files with --supplied, or else --none-supplied.',
    );
  }
  return { pools: margin, ssccs: ssccMargin };
}

/** @throws CommandError when the queue is away: nothing is changed then */
async function withQueue<Result>(
  { environment }: Terminal,
  work: (empty: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const queue = openQueue(environment);
  try {
    await untilReached(queue);
    return await work(() => queue.empty());
  } finally {
    await queue.close();
  }
}

/** On Postgres its tables may have to be made first. @throws CommandError */
async function untilReached(queue: QueueBackend): Promise<void> {
  for (const deadline = Date.now() + QUEUE_PATIENCE_MS; ; await delay(QUEUE_PAUSE_MS)) {
    try {
      return await queue.ping();
    } catch (error) {
      if (Date.now() < deadline) continue;
      throw new CommandError(
        `The queue cannot be reached, and it has to be emptied: nothing is changed (${(error as Error).message}).`,
      );
    }
  }
}

async function importSupplied(
  terminal: Terminal,
  database: Database,
  ring: KeyRing,
  { file, asJson }: { file: CodeFile; asJson: boolean },
): Promise<number> {
  const request = {
    accountId: null,
    userId: ADMINISTRATOR_ID,
    lines: linesOf(file),
    where: 'anywhere',
  } as const;
  try {
    const { imported } = await importCodes(database, ring, request);
    terminal.note(`${file.path}: ${imported} ids are imported. Leave it out if you run this again.\n`);
    return imported;
  } catch (error) {
    if (error instanceof RefusedLinesError) report(terminal, error, asJson);
    throw error;
  }
}

function parseMargin(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number.');
}
