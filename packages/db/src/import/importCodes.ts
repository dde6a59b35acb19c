import { type CodemintError, ConflictError, type KeyRing, RefusedLinesError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Database } from '../connection/database';
import { allotStage } from './allotStage';
import { checkLine } from './checkLine';
import { checkStage } from './checkStage';
import type { ImportLine, UnreadableLine } from './importLine';
import { Refusals } from './refusals';
import { closeStage, indexStage, LINES_AT_ONCE, openStage, stageLines } from './stage';
import { type Target, Targets } from './targets';

export interface CodeImport {
  /** Whose products and domains may be named; null: those of every account. */
  accountId: string | null;
  /** Who imports. */
  userId: string | null;
  /** In the order of the file. */
  lines: AsyncIterable<ImportLine | UnreadableLine>;
  /** As takeSequence; `home` unless it is given. */
  where?: 'home' | 'anywhere';
  /** Told now and then how far it has come. */
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  step: 'read' | 'imported';
  lines: number;
}

export interface ImportedCodes {
  imported: number;
  /** One for each product and domain of the file. */
  batches: { product: string | null; domain: string | null; quantity: number }[];
}

/** So often rivals take codes between the check and the allotment before the import gives up. */
const ATTEMPTS = 3;

/**
 * Imports codes that are in the field already, all lines of a file or none: they are allotted as supplied ones, a
 * batch for each product and domain, and never given out again. The file may have any size.
 * @throws RefusedLinesError that tells for each refused line what is wrong; what `lines` throws; PoolKeyError when a
 *   pool cannot be decoded; ConflictError when rivals keep taking the same codes
 */
export async function importCodes(
  { pool, actor }: Database,
  ring: KeyRing,
  request: CodeImport,
): Promise<ImportedCodes> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await openStage(client);
    return await importOn(client, ring, request, actor);
  } finally {
    await closeStage(client).catch((error: Error) => {
      broken = error;
    });
    client.release(broken);
  }
}

async function importOn(
  client: PoolClient,
  ring: KeyRing,
  request: CodeImport,
  actor: Database['actor'],
): Promise<ImportedCodes> {
  const targets = new Targets(request.accountId);
  const refusals = new Refusals();
  const lines = await readAll(client, request, targets, refusals);
  const found = targets.all.filter((target) => target.lines > 0);
  await indexStage(client, found);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await checkStage(client, ring, found);
    await refusals.addStaged(client);
    if (refusals.count > 0) throw new RefusedLinesError(refusals.first, refusals.count, lines);
    const progress = (count: number) => request.onProgress?.({ step: 'imported', lines: count });
    if (await allotStage(client, ring, found, actor, request.where ?? 'home', progress))
      return summary(found);
  }
  throw new ConflictError('Others keep taking the same codes. Try again later.');
}

/** @returns how many lines there are */
async function readAll(
  client: PoolClient,
  { lines, userId, onProgress }: CodeImport,
  targets: Targets,
  refusals: Refusals,
): Promise<number> {
  let count = 0;
  let page: (ImportLine | UnreadableLine)[] = [];
  const finishPage = async () => {
    const { rights, wrongs } = await sortOut(client, page, targets, userId);
    for (const { line, errors } of wrongs) refusals.add(line, errors);
    await stageLines(client, rights);
    count += page.length;
    page = [];
    onProgress?.({ step: 'read', lines: count });
  };
  for await (const line of lines) {
    page.push(line);
    if (page.length === LINES_AT_ONCE) await finishPage();
  }
  if (page.length > 0) await finishPage();
  return count;
}

/** Parts the lines that are right in themselves from those that are not. */
async function sortOut(
  client: PoolClient,
  page: readonly (ImportLine | UnreadableLine)[],
  targets: Targets,
  userId: string | null,
) {
  const rights: { line: ImportLine; target: Target }[] = [];
  const wrongs: { line: number; errors: CodemintError[] }[] = [];
  await targets.load(
    client,
    page.filter((line) => !('error' in line)),
  );
  for (const line of page) {
    if ('error' in line) {
      wrongs.push({ line: line.line, errors: [line.error] });
      continue;
    }
    const target = targets.find(line);
    const isFound = 'namespace' in target;
    const errors = [
      ...(isFound ? [] : [target]),
      ...checkLine(line, isFound ? target.namespace.kind : undefined),
    ];
    if (!isFound || errors.length > 0) {
      wrongs.push({ line: line.line, errors });
      continue;
    }
    target.lines++;
    rights.push({ line: { user_created: userId, ...line }, target });
  }
  return { rights, wrongs };
}

function summary(targets: readonly Target[]): ImportedCodes {
  return {
    imported: targets.reduce((sum, { lines }) => sum + lines, 0),
    batches: targets.map(({ product, domain, lines }) => ({ product, domain, quantity: lines })),
  };
}
