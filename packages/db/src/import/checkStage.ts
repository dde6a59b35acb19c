import type { KeyRing } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { decodeCodes } from '../pools/decodeCodes';
import { poolsOfNamespace } from '../pools/pools';
import { stagedCodes } from './stage';
import type { Target } from './targets';

/** Why a line that is right in itself is refused all the same. */
export type RefusalReason = 'twin_code' | 'twin_id' | 'registered' | 'id_taken' | 'given_out';

// Kind and key of the namespace, as lines of several targets may lie in one.
const TWIN_CODES = `
  INSERT INTO import_refusal
  SELECT line, 'twin_code', first_line
    FROM (SELECT line, min(line) OVER (PARTITION BY t.kind COLLATE "C", t.key COLLATE "C", l.code COLLATE "C") AS first_line
            FROM import_line l JOIN import_target t USING (target)) AS twin
   WHERE line <> first_line`;

const TWIN_IDS = `
  INSERT INTO import_refusal
  SELECT line, 'twin_id', first_line
    FROM (SELECT line, min(line) OVER (PARTITION BY id) AS first_line FROM import_line WHERE id IS NOT NULL) AS twin
   WHERE line <> first_line`;

const REGISTERED = `
  INSERT INTO import_refusal
  SELECT l.line, 'registered'
    FROM import_line l JOIN import_target t USING (target) JOIN namespace n ON n.kind = t.kind AND n.key = t.key
    JOIN registry r ON r.namespace_id = n.id AND r.code = l.code`;

const IDS_TAKEN = `
  INSERT INTO import_refusal
  SELECT l.line, 'id_taken' FROM import_line l JOIN registry r ON r.id = l.id`;

/**
 * Finds the staged lines that cannot be imported as things stand, all of them and for all reasons. It locks nothing,
 * so a rival may still take a code afterwards.
 * @throws PoolKeyError when a pool cannot be decoded: nobody could tell which codes it has given out
 */
export async function checkStage(
  client: PoolClient,
  ring: KeyRing,
  targets: readonly Target[],
): Promise<void> {
  await client.query('TRUNCATE import_refusal');
  for (const statement of [TWIN_CODES, TWIN_IDS, REGISTERED, IDS_TAKEN]) await client.query(statement);
  const { rows } = await client.query<{ target: number; namespace_id: bigint }>(
    `SELECT DISTINCT t.target, n.id AS namespace_id
       FROM import_target t JOIN namespace n ON n.kind = t.kind AND n.key = t.key
       JOIN pool p ON p.namespace_id = n.id AND p.next_index > 0`,
  );
  const byNumber = new Map(targets.map((target) => [target.number, target]));
  for (const row of rows) {
    await refuseGivenOut(client, ring, byNumber.get(row.target) as Target, row.namespace_id);
  }
}

async function refuseGivenOut(
  client: PoolClient,
  ring: KeyRing,
  target: Target,
  namespaceId: bigint,
): Promise<void> {
  const pools = await poolsOfNamespace(client, namespaceId);
  for await (const page of stagedCodes(client, target)) {
    const codes = page.map(({ code }) => code);
    const given = new Set<number>();
    for (const pool of pools) {
      for (const [at, index] of decodeCodes(ring.cipher(pool), codes).entries()) {
        if (index < pool.nextIndex) given.add(page[at]?.line as number);
      }
    }
    if (given.size === 0) continue;
    await client.query(`INSERT INTO import_refusal SELECT line, 'given_out' FROM unnest($1::int[]) AS line`, [
      [...given],
    ]);
  }
}
