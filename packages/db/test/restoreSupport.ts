import { copyDatabase } from '../../../tests/support/copyDatabase';
import { createTestDatabase } from '../../../tests/support/postgres';
import { bootstrap, type Database, type NamespaceKey, type NewJob, openDatabase } from '../src';
import { orderJob, ringOf, runToTheEnd, storedCodes } from './support';

/** A ring keeps ciphers by check value, so original and copy can share it. */
export const ring = ringOf(1);

const open = (connectionString: string) =>
  openDatabase({ connectionString, poolSize: 10, applicationName: 'test' });

/** A database as a restore leaves it, and what the original did after the backup. */
export interface Restored<Lost> {
  database: Database;
  connectionString: string;
  lost: Lost;
  close(): Promise<void>;
}

/**
 * Makes an installation, backs it up, lets it go on, and restores the backup.
 * @param before what is in the backup
 * @param after what is lost
 */
export async function restoredAfter<Lost>(
  before: (database: Database) => Promise<unknown>,
  after: (database: Database) => Promise<Lost>,
): Promise<Restored<Lost>> {
  const original = await createTestDatabase();
  const backedUp = open(original.connectionString);
  await bootstrap(backedUp);
  await before(backedUp);
  await backedUp.close();
  const copy = await copyDatabase(original.connectionString);
  const goingOn = open(original.connectionString);
  const lost = await after(goingOn);
  await goingOn.close();
  await original.drop();
  const database = open(copy.connectionString);
  const { connectionString, drop } = copy;
  return { database, connectionString, lost, close: () => database.close().then(drop) };
}

/** What a job was given. */
export interface Given {
  batchId: bigint;
  codes: string[];
}

/** Makes a job to its end. */
export async function give(
  database: Database,
  { key }: Pick<NamespaceKey, 'key'>,
  job: Partial<NewJob>,
): Promise<Given> {
  return giveAny(database, { product: `/01/${key}`, ...job });
}

export async function giveAny(database: Database, job: Partial<NewJob>): Promise<Given> {
  const { batchId, sliceJobs } = await orderJob(database, ring, job);
  await runToTheEnd(database, ring, sliceJobs);
  return { batchId, codes: await storedCodes(database.pool, batchId) };
}
