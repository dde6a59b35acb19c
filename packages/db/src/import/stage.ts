import type { PoolClient } from 'pg';
import type { SuppliedCode } from '../allotment/allotSupplied';
import type { ImportLine } from './importLine';
import type { Target } from './targets';

/** Lines read, looked up and stored at a time. */
export const LINES_AT_ONCE = 10_000;

/** A file of many millions is sorted and compared at once. */
const STATEMENT_LIMIT = '10 min';

/**
 * The file's lines, as far as each is right in itself, in temporary tables of the connection: nothing is locked while
 * a slow caller sends, and the file's size costs no memory.
 */
export async function openStage(client: PoolClient): Promise<void> {
  await client.query(
    `SET statement_timeout = '${STATEMENT_LIMIT}';
     CREATE TEMPORARY TABLE import_line (
       target int NOT NULL, line int NOT NULL, code text NOT NULL, id uuid, user_created uuid,
       date_created timestamptz, status text, custom_id text);
     CREATE TEMPORARY TABLE import_refusal (line int NOT NULL, reason text NOT NULL, first_line int);
     CREATE TEMPORARY TABLE import_target (target int NOT NULL, kind text NOT NULL, key text NOT NULL);`,
  );
}

/** Also after a failure; it fails on a connection that cannot be used any more. */
export async function closeStage(client: PoolClient): Promise<void> {
  await client.query(
    'DROP TABLE IF EXISTS pg_temp.import_line, pg_temp.import_refusal, pg_temp.import_target',
  );
}

export async function stageLines(
  client: PoolClient,
  lines: readonly { line: ImportLine; target: Target }[],
): Promise<void> {
  await client.query(
    `INSERT INTO import_line
     SELECT * FROM unnest($1::int[], $2::int[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[],
                          $8::text[])`,
    [
      lines.map(({ target }) => target.number),
      lines.map(({ line }) => line.line),
      lines.map(({ line }) => line.code),
      lines.map(({ line }) => line.id),
      lines.map(({ line }) => line.user_created),
      lines.map(({ line }) => line.date_created),
      lines.map(({ line }) => line.status),
      lines.map(({ line }) => line.custom_id),
    ],
  );
}

/** To be called once, behind the last line. */
export async function indexStage(client: PoolClient, targets: readonly Target[]): Promise<void> {
  await client.query('INSERT INTO import_target SELECT * FROM unnest($1::int[], $2::text[], $3::text[])', [
    targets.map(({ number }) => number),
    targets.map(({ namespace }) => namespace.kind),
    targets.map(({ namespace }) => namespace.key),
  ]);
  // Without statistics, which nobody else collects of such tables, the joins are planned as if they were tiny.
  await client.query(
    'CREATE INDEX ON import_line (target, line); ANALYZE pg_temp.import_line, pg_temp.import_target',
  );
}

export type StagedCode = SuppliedCode & { line: number };

/** The codes of a target in the order of the file, some at a time. */
export async function* stagedCodes(client: PoolClient, target: Target): AsyncGenerator<StagedCode[]> {
  for (let after = 0; ; ) {
    const { rows } = await client.query<StagedCode>(
      `SELECT line, code, id, user_created AS "userCreated", date_created::text AS "dateCreated", status,
              custom_id AS "customId"
         FROM import_line WHERE target = $1 AND line > $2 ORDER BY line LIMIT ${LINES_AT_ONCE}`,
      [target.number, after],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < LINES_AT_ONCE) return;
    after = last.line;
  }
}
