import { readFile } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { NO_FILTERS, openEngine } from './engine';
import { SCHEMA_FILE } from './folder';

/**
 * The SQL that would bring a migrated database to the schema file; empty if they agree. Exclusion
 * constraints, checks, triggers, functions, views and storage are outside of what Prisma sees.
 */
export async function schemaDiff(
  connectionString: string,
  schemaFile: string = SCHEMA_FILE,
): Promise<string> {
  const schema = await readFile(schemaFile, 'utf8');
  const files = [{ path: 'schema.prisma', content: schema }];
  const pool = new pg.Pool({ connectionString, max: 1 });
  try {
    const { engine } = await openEngine(schema, () => connectForCatalog(pool));
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '/' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
    engine.free();
    return exitCode === 0 ? '' : (stdout ?? '');
  } finally {
    await pool.end();
  }
}

/**
 * Prisma's adapter refuses results with a column of Postgres's internal type "char", of which the catalog has many:
 * it is shown text there, and the engine is told what it really was.
 */
async function connectForCatalog(pool: pg.Pool): Promise<SqlDriverAdapter> {
  const { CHAR, TEXT } = pg.types.builtins;
  let isChar: boolean[] = [];
  const query = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<pg.QueryResult>;
  pool.query = (async (config: pg.QueryConfig) => {
    const result = await query(config);
    isChar = result.fields.map((field) => field.dataTypeID === CHAR);
    for (const field of result.fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT;
    return result;
  }) as typeof pool.query;
  const adapter = await new PrismaPg(pool).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (sqlQuery) => {
    const result = await queryRaw(sqlQuery);
    const columnTypes = result.columnTypes.map((type, i) => (isChar[i] ? ColumnTypeEnum.Character : type));
    return { ...result, columnTypes };
  };
  return adapter;
}
