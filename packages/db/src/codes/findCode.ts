import { decodeSscc, InvalidQueryError, type KeyRing, type StoredPool } from '@codemint/shared';
import type { Client } from '../connection/database';
import type { NamespaceKey } from '../pools/namespaces';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns } from '../pools/pools';
import type { IssuedCode } from './readCodes';

/** Where to look for a code: in one namespace, in a batch's namespace, or in all where an account has codes. */
export type CodeScope =
  | { namespace: NamespaceKey }
  | { batchId: bigint }
  /** Null: every account. */
  | { accountId: string | null };

/** Trying a pool costs one decryption: so many take some 70 ms. */
const MAX_POOLS_TRIED = 5_000;

// Of all ranges of a namespace that hold the code the earliest allotment owns it, and an earlier registration beats
// them all. Only an owner that has made the code, and still has it, is told.
const OWNERS = `
  SELECT batch_id, place FROM (
    SELECT DISTINCT ON (p.namespace_id) s.batch_id, s.batch_offset + c.index - s.first_index AS place,
           c.index - s.first_index < s.progress AND b.status <> 'cancelled' AS made,
           EXISTS (SELECT 1 FROM registry r
                    WHERE r.namespace_id = p.namespace_id AND r.code = $3 AND r.sequence < s.sequence) AS registered
      FROM unnest($1::bigint[], $2::bigint[]) AS c (pool_id, index)
      JOIN pool p ON p.id = c.pool_id
     CROSS JOIN LATERAL (SELECT * FROM slice WHERE slice.pool_id = c.pool_id AND slice.first_index <= c.index
                          ORDER BY slice.first_index DESC LIMIT 1) AS s
      JOIN batch b ON b.id = s.batch_id
     WHERE c.index < s.first_index + s.count
     ORDER BY p.namespace_id, s.sequence
  ) AS owner WHERE made AND NOT registered`;

/**
 * Who owns a code, by decoding it: no chunk is read and no index over codes is needed.
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
  const pools = await poolsInScope(client, scope, Buffer.byteLength(code));
  const candidates = pools.flatMap((pool) => {
    const index = indexIn(pool, ring, code);
    return index === undefined ? [] : [{ poolId: pool.id, index }];
  });
  if (candidates.length === 0) return [];
  const { rows } = await client.query<{ batch_id: bigint; place: bigint }>(OWNERS, [
    candidates.map(({ poolId }) => poolId),
    candidates.map(({ index }) => index),
    code,
  ]);
  return rows.map((row) => ({ batchId: row.batch_id, place: Number(row.place), code }));
}

function indexIn(pool: StoredPool, ring: KeyRing, code: string): bigint | undefined {
  if ((pool.algorithm as string) === 'sscc') return decodeSscc(code);
  const index = ring.cipher(pool).decodeOne(code);
  return index < pool.nextIndex ? BigInt(index) : undefined;
}

async function poolsInScope(client: Client, scope: CodeScope, width: number): Promise<StoredPool[]> {
  const { condition, values } = scopeCondition(scope);
  const { rows } = await client.query<PoolColumns>(
    `SELECT ${POOL_COLUMNS} FROM pool p JOIN namespace n ON n.id = p.namespace_id
      WHERE CASE WHEN p.algorithm = 'sscc' THEN 18
                 ELSE octet_length(p.prefix) + p.length + octet_length(p.suffix) END = $1
        AND ${condition} ORDER BY p.id LIMIT ${MAX_POOLS_TRIED + 1}`,
    [width, ...values],
  );
  if (rows.length > MAX_POOLS_TRIED) {
    throw new InvalidQueryError(
      `More than ${MAX_POOLS_TRIED} pools could have made this code: name its product or job as well`,
    );
  }
  return rows.map(poolFromColumns);
}

function scopeCondition(scope: CodeScope): { condition: string; values: unknown[] } {
  if ('namespace' in scope) {
    return { condition: 'n.kind = $2 AND n.key = $3', values: [scope.namespace.kind, scope.namespace.key] };
  }
  if ('batchId' in scope) {
    return { condition: 'n.id = (SELECT namespace_id FROM batch WHERE id = $2)', values: [scope.batchId] };
  }
  if (scope.accountId === null) return { condition: 'true', values: [] };
  return {
    condition: 'n.id IN (SELECT namespace_id FROM batch WHERE account_id = $2)',
    values: [scope.accountId],
  };
}
