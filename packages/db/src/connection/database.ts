import { PrismaPg } from '@prisma/adapter-pg';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolClient, TypeOverrides } from 'pg';
import { TokenUse } from '../access/tokenUse';
import type { Actor } from '../audit/actor';
import { PrismaClient } from '../generated/client';
import { Turns } from './turns';

/** Every table by name with columns not known to the compiler: for queries built from collection descriptions. */
// biome-ignore lint/suspicious/noExplicitAny: the columns come from collection descriptions at run time
export type DynamicTables = Record<string, Record<string, any>>;

/** Connections to Postgres: one bounded pool that hand-written SQL, Prisma and Kysely share. */
export interface Database {
  readonly pool: Pool;
  readonly prisma: PrismaClient;
  readonly kysely: Kysely<DynamicTables>;
  /** For work that locks a namespace, by its `lockOrder`. */
  readonly turns: Turns;
  readonly tokenUse: TokenUse;
  /** Who uses it, for the audit log; undefined where nobody does: the service by itself, or the command line. */
  readonly actor?: Actor;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  connectionString: string;
  /** Most connections at a time. */
  poolSize: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Called when an idle connection breaks: worth a line, no reason to stop. */
  onIdleError?: (error: Error) => void;
}

const LOCK_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longer than the server's own limit: it ends only waits for a server that has stopped to answer. */
const QUERY_TIMEOUT_MS = 40_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Opens lazily: nothing is connected before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new Pool({
    connectionString: options.connectionString,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A peer that vanished without a word must not hold a row lock for hours.
    keepAlive: true,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    types: bigintTypes(),
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  // The pool listens to idle connections only. One that breaks while it is held fails the queries of its holder, but
  // an error that nobody listened to would end the process as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const kysely = new Kysely<DynamicTables>({ dialect: new PostgresDialect({ pool }) });
  return {
    pool,
    prisma,
    kysely,
    turns: new Turns(LOCK_TIMEOUT_MS),
    tokenUse: new TokenUse(pool),
    async close() {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}

const INT8 = 20;
const INT8_ARRAY = 1016;

/** int8 as bigint, alone and in arrays: indexes of SSCCs pass 2^53. */
function bigintTypes(): TypeOverrides {
  const types = new TypeOverrides();
  const texts = types.getTypeParser(INT8_ARRAY) as unknown as (text: string) => string[];
  types.setTypeParser(INT8, BigInt);
  types.setTypeParser(INT8_ARRAY, (text: string) => texts(text).map(BigInt));
  return types;
}

export type Client = Pool | PoolClient;
