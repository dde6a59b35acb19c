import type { KeyRing } from '@codemint/shared';
import type { Client } from '../connection/database';
import type { CodeScope } from './codeScope';
import type { IssuedCode } from './readCodes';
import { tryPools } from './tryPools';

/**
 * Of codes that are looked for, the batch that owns each in its namespaces, and its place there. $1 to $4: for each
 * pool that may have made one of them the pool, the code's index in it, the code, and which of them it is. Of all
 * ranges of a namespace that hold a code the earliest allotment owns it, and an earlier registration beats them all.
 * Only an owner that has made the code, and still has it, is told.
 */
export const OWNERS = `
  SELECT number, batch_id, place FROM (
    SELECT DISTINCT ON (c.number, p.namespace_id) c.number, s.batch_id, s.batch_offset + c.index - s.first_index AS place,
           c.index - s.first_index < s.progress AND b.status <> 'cancelled' AS made,
           EXISTS (SELECT 1 FROM registry r
                    WHERE r.namespace_id = p.namespace_id AND r.code = c.code AND r.sequence < s.sequence) AS registered
      FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[]) AS c (pool_id, index, code, number)
      JOIN pool p ON p.id = c.pool_id
     CROSS JOIN LATERAL (SELECT * FROM slice WHERE slice.pool_id = c.pool_id AND slice.first_index <= c.index
                          ORDER BY slice.first_index DESC LIMIT 1) AS s
      JOIN batch b ON b.id = s.batch_id
     WHERE c.index < s.first_index + s.count
     ORDER BY c.number, p.namespace_id, s.sequence
  ) AS owner WHERE made AND NOT registered`;

/**
 * Which generated code this is, by decoding it: no chunk is read and no index over codes is needed.
 * @returns nothing when nobody has been given it, when it is not made yet, or when its job was deleted; more than
 *   one only where different namespaces own the same string
 * @throws PoolKeyError when a pool that could have made it cannot be decoded: then nobody can tell
 * @throws InvalidQueryError when more pools could have made it than can be tried
 */
export async function findCode(
  client: Client,
  ring: KeyRing,
  code: string,
  scope: CodeScope,
): Promise<IssuedCode[]> {
  const candidates = await tryPools(client, ring, code, scope);
  if (candidates.length === 0) return [];
  const { rows } = await client.query<{ batch_id: bigint; place: bigint }>(OWNERS, [
    candidates.map(({ poolId }) => poolId),
    candidates.map(({ index }) => index),
    candidates.map(() => code),
    candidates.map(() => 0),
  ]);
  return rows.map((row) => ({ batchId: row.batch_id, place: Number(row.place), code }));
}
