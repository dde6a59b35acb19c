import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Database, openDatabase } from '@codemint/db';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { timeMs } from './timing';

// What others do with a million ready-made codes: load them into a table on the same server.

/** createMany takes minutes for a million: it is timed on so many, which flatters it, as its index stays small. */
const CREATE_MANY_CODES = 50_000;
const CREATE_MANY_BATCH = 10_000;

/** A table's rows (job, seq, code) as COPY's text format. */
export function copyData(codes: readonly string[]): Buffer {
  return Buffer.from(codes.map((code, seq) => `1\t${seq}\t${code}\n`).join(''));
}

/** Milliseconds to COPY ready-made rows into a new table, in one transaction, until it is committed. */
export async function timeCopy(connectionString: string, data: Buffer, constraint: string): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('DROP TABLE IF EXISTS loaded');
    await client.query(`CREATE TABLE loaded (job bigint, seq int, code text${constraint})`);
    await client.query('CHECKPOINT');
    return await timeMs(() => pipeline(pieces(data), client.query(copyFrom('COPY loaded FROM STDIN'))));
  } finally {
    await client.query('DROP TABLE IF EXISTS loaded');
    await client.end();
  }
}

const PIECE_BYTES = 256 * 1024;

function pieces(data: Buffer): Readable {
  const starts = Array.from({ length: Math.ceil(data.length / PIECE_BYTES) }, (_, i) => i * PIECE_BYTES);
  return Readable.from(starts.map((start) => data.subarray(start, start + PIECE_BYTES)));
}

/**
 * Milliseconds that Prisma's createMany would take for all codes with a unique code, scaled up from the first
 * 50,000. The table is the registry: its primary key is unique on the code.
 */
export async function timeCreateMany(connectionString: string, codes: readonly string[]): Promise<number> {
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'bench' });
  try {
    const namespaceId = await newNamespace(database);
    const data = codes.slice(0, CREATE_MANY_CODES).map((code, place) => ({
      namespace_id: namespaceId,
      code,
      sequence: 1n,
      batch_id: namespaceId,
      place,
    }));
    const taken = await timeMs(async () => {
      for (let start = 0; start < data.length; start += CREATE_MANY_BATCH) {
        await database.prisma.registry.createMany({ data: data.slice(start, start + CREATE_MANY_BATCH) });
      }
    });
    return (taken * codes.length) / data.length;
  } finally {
    await database.close();
  }
}

async function newNamespace(database: Database): Promise<bigint> {
  const { id } = await database.prisma.namespace.create({
    data: { kind: 'adi', key: `bench ${Date.now()} ${Math.random()}` },
  });
  return id;
}
