import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, NewerSchemaError, openDatabase, schemaState } from '@codemint/db';
import { openQueueBackend, type QueueBackend } from '@codemint/queue';
import { KeyRing, parseSettings } from '@codemint/shared';
import { CommandError } from './errors';

/** What a command has of the world around it. */
export interface Terminal {
  environment: Record<string, string | undefined>;
  /** To standard output: the answer. */
  write(text: string): void;
  /** To standard error: what is not the answer. */
  note(text: string): void;
}

/**
 * The database of DATABASE_URL, or else of the local stack that runs on the data folder.
 * @throws SettingsError, or CommandError if there is neither
 */
export function findConnectionString(environment: Terminal['environment']): string {
  const settings = parseSettings(environment);
  return settings.DATABASE_URL ?? readStackFile(join(settings.CODEMINT_DATA_DIR, 'stack.json'));
}

/**
 * The master keys of CODEMINT_MASTER_KEYS, or without a DATABASE_URL those of the local stack's data folder.
 * @throws SettingsError, or CommandError if there are none
 */
export function findKeyRing(environment: Terminal['environment']): KeyRing {
  const { CODEMINT_MASTER_KEYS: given, CODEMINT_DATA_DIR, DATABASE_URL } = parseSettings(environment);
  if (given !== undefined) return new KeyRing(given);
  const path = join(CODEMINT_DATA_DIR, 'master-keys');
  if (DATABASE_URL === undefined && existsSync(path)) {
    const kept = parseSettings({ CODEMINT_MASTER_KEYS: readFileSync(path, 'utf8').trim() });
    if (kept.CODEMINT_MASTER_KEYS !== undefined) return new KeyRing(kept.CODEMINT_MASTER_KEYS);
  }
  throw new CommandError(
    'No master keys: set CODEMINT_MASTER_KEYS, by which codes are told that were given out.',
  );
}

/** The file is there while the local stack runs, and after its process was killed. */
function readStackFile(path: string): string {
  try {
    const { connectionString } = JSON.parse(readFileSync(path, 'utf8')) as { connectionString?: unknown };
    if (typeof connectionString === 'string') return connectionString;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  throw new CommandError(`No database: set DATABASE_URL, or run "npm start" (there is no ${path}).`);
}

/** Opens the queue for one command, which has to close it: the one of REDIS_URL, or else the one in the database. */
export function openQueue(environment: Terminal['environment']): QueueBackend {
  return openQueueBackend({
    redisUrl: parseSettings(environment).REDIS_URL,
    databaseUrl: findConnectionString(environment),
    role: 'producer',
    log: { info: () => undefined, warn: () => undefined },
  });
}

/** Opens the database for one command; its schema has to be that of this build. */
export async function withDatabase<Result>(
  { environment }: Terminal,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const connectionString = findConnectionString(environment);
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'codemint cli' });
  try {
    const state = await schemaState(database.pool);
    if (state === 'newer') throw new NewerSchemaError();
    if (state === 'older')
      throw new CommandError('The database has to be migrated first: "codemint migrate".');
    return await work(database);
  } finally {
    await database.close();
  }
}
