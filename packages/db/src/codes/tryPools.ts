import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  decodeSscc,
  InvalidQueryError,
  type KeyRing,
  type PoolCipher,
  type StoredPool,
} from '@codemint/shared';
import type { Client } from '../connection/database';
import { poolsById } from '../pools/pools';
import { type CodeScope, scopeCondition } from './codeScope';

/** Trying a pool costs one decryption: so many take some 60 ms. */
const MAX_POOLS_TRIED = 5_000;

/** Tried in one go, about 3 ms; between them the process serves others. */
const POOLS_AT_ONCE = 250;

/** The index that a code has in a pool which has given that index out. */
export interface Candidate {
  poolId: bigint;
  index: bigint;
}

type PoolState = Pick<StoredPool, 'id' | 'nextIndex' | 'checkValue'>;

/**
 * The pools of a scope that may have made a code, found by decoding it under each of them.
 * @throws PoolKeyError when one of them cannot be decoded
 * @throws InvalidQueryError when there are more of them than can be tried
 */
export async function tryPools(
  client: Client,
  ring: KeyRing,
  code: string,
  scope: CodeScope,
): Promise<Candidate[]> {
  const bytes = Buffer.from(code, 'utf8');
  const { ssccPool, pools } = await poolsInScope(client, scope, bytes.length);
  const candidates: Candidate[] = [];
  for (let at = 0; at < pools.length; at += POOLS_AT_ONCE) {
    if (at > 0) await nextTurn();
    const some = pools.slice(at, at + POOLS_AT_ONCE);
    const ciphers = await ciphersOf(client, ring, some);
    for (const { id, nextIndex } of some) {
      const index = (ciphers.get(id) as PoolCipher).decodeOne(bytes);
      if (index < nextIndex) candidates.push({ poolId: id, index: BigInt(index) });
    }
  }
  const sscc = ssccPool === undefined ? undefined : decodeSscc(code);
  if (ssccPool !== undefined && sscc !== undefined) candidates.push({ poolId: ssccPool, index: sscc });
  return candidates;
}

interface PoolsColumns {
  sscc: bigint | null;
  ids: string | null;
  counters: string;
  check_values: Buffer;
}

/** Bytes of a check value. */
const CHECK_BYTES = 32;

/**
 * Pools of the code's width that have given anything out: in one row and without their descriptions, since 5,000 rows
 * with all that a pool is take longer than the decoding. Ciphers that are kept need no more.
 */
async function poolsInScope(client: Client, scope: CodeScope, width: number) {
  const { condition, values } = scopeCondition(scope);
  const { rows } = await client.query<PoolsColumns>(
    `SELECT min(id) FILTER (WHERE is_sscc) AS sscc, string_agg(id::text, ',') FILTER (WHERE NOT is_sscc) AS ids,
            string_agg(next_index::text, ',') FILTER (WHERE NOT is_sscc) AS counters,
            string_agg(check_value, '') FILTER (WHERE NOT is_sscc) AS check_values
       FROM (SELECT p.id, p.next_index, p.check_value, p.algorithm = 'sscc' AS is_sscc
               FROM pool p JOIN namespace n ON n.id = p.namespace_id
              WHERE CASE WHEN p.algorithm = 'sscc' THEN 18
                         ELSE octet_length(p.prefix) + p.length + octet_length(p.suffix) END = $1
                AND (p.next_index > p.set_aside OR p.algorithm = 'sscc')
                AND ${condition} LIMIT ${MAX_POOLS_TRIED + 1}) AS tried`,
    [width, ...values],
  );
  const row = rows[0] as PoolsColumns;
  const pools = poolStates(row);
  if (pools.length > MAX_POOLS_TRIED) {
    throw new InvalidQueryError(
      `More than ${MAX_POOLS_TRIED} pools could have made this code: name its product or job as well`,
    );
  }
  return { ssccPool: row.sscc ?? undefined, pools };
}

function poolStates({ ids, counters, check_values }: PoolsColumns): PoolState[] {
  if (ids === null) return [];
  const nextIndexes = counters.split(',');
  return ids.split(',').map((id, i) => ({
    id: BigInt(id),
    nextIndex: Number(nextIndexes[i]),
    checkValue: check_values.subarray(i * CHECK_BYTES, (i + 1) * CHECK_BYTES),
  }));
}

async function ciphersOf(client: Client, ring: KeyRing, pools: readonly PoolState[]) {
  const ciphers = new Map<bigint, PoolCipher>();
  const unknown: bigint[] = [];
  for (const pool of pools) {
    const kept = ring.keptCipher(pool);
    if (kept === undefined) unknown.push(pool.id);
    else ciphers.set(pool.id, kept);
  }
  if (unknown.length === 0) return ciphers;
  for (const pool of await poolsById(client, unknown)) ciphers.set(pool.id, ring.cipher(pool));
  return ciphers;
}
