import { setImmediate as nextTurn } from 'node:timers/promises';
import { codeWidth, decodeSscc, type KeyRing, SSCC_WIDTH } from '@codemint/shared';
import type { Client } from '../connection/database';
import { decodeCodes } from '../pools/decodeCodes';
import type { NamespaceKey } from '../pools/namespaces';
import { POOL_COLUMNS, type PoolColumns, poolFromColumns } from '../pools/pools';
import { type Holder, holdersOf, type PoolIndexes } from './holders';
import { type Registration, registrationsOf } from './registrations';

/** Whose a code is. */
export interface CodeOwner {
  batchId: bigint;
  /** Position in the batch: with the batch it is the code's id. Of supplied codes that in the registry. */
  place: number;
  /** It came from outside: it stands in the registry. */
  isSupplied: boolean;
}

/**
 * Whose each of many codes of one namespace is, by decoding them: no chunk is read. Of all slices that hold a code the
 * earliest allotment owns it, and an earlier registration beats them all; `findCode` and `findRegistered` say the same
 * of one code.
 * @param codes in any order, also more than once
 * @returns for each code its owner, undefined where nobody has been given it, where it is not made yet, or where its job
 *   was deleted
 * @throws PoolKeyError when a pool that could have made one of them cannot be decoded: then nobody can tell
 */
export async function ownersOf(
  client: Client,
  ring: KeyRing,
  namespace: NamespaceKey,
  codes: readonly string[],
): Promise<(CodeOwner | undefined)[]> {
  const pools = await poolsOf(client, namespace, codes);
  const holders = new Array<Holder | undefined>(codes.length).fill(undefined);
  const candidates: PoolIndexes[] = [];
  for (const pool of pools) {
    const found = pool.algorithm === 'sscc' ? ssccIndexes(pool, codes) : decoded(ring, pool, codes);
    if (found.indexes.length > 0) candidates.push(found);
    // Decoding 10,000 codes takes some milliseconds: between two pools others have their turn.
    if (pools.length > 1) await nextTurn();
  }
  for (const { number, holder } of await holdersOf(client, candidates)) {
    const other = holders[number];
    if (other === undefined || holder.sequence < other.sequence) holders[number] = holder;
  }
  const registered = await registrationsOf(client, namespace, codes);
  return codes.map((code, number) => ownerOf(holders[number], registered.get(code)));
}

/** Only an owner that has made the code, and still has it, is told. */
function ownerOf(holder: Holder | undefined, registration: Registration | undefined): CodeOwner | undefined {
  if (registration !== undefined && (holder === undefined || registration.sequence < holder.sequence)) {
    const { batchId, place, isCancelled } = registration;
    return isCancelled ? undefined : { batchId, place, isSupplied: true };
  }
  return holder?.isMade ? { batchId: holder.batchId, place: holder.place, isSupplied: false } : undefined;
}

/** The pools of a namespace that have given anything out and make codes of one of these widths. */
async function poolsOf(
  client: Client,
  { kind, key }: NamespaceKey,
  codes: readonly string[],
): Promise<PoolColumns[]> {
  const { rows } = await client.query<PoolColumns>({
    name: 'issuing-pools-of-namespace',
    text: `SELECT ${POOL_COLUMNS} FROM pool p JOIN namespace n ON n.id = p.namespace_id
            WHERE n.kind = $1 AND n.key = $2 AND (p.next_index > p.set_aside OR p.algorithm = 'sscc') ORDER BY p.id`,
    values: [kind, key],
  });
  const widths = new Set(codes.map((code) => Buffer.byteLength(code)));
  return rows.filter((row) => widths.has(row.algorithm === 'sscc' ? SSCC_WIDTH : codeWidth(row)));
}

function decoded(ring: KeyRing, row: PoolColumns, codes: readonly string[]): PoolIndexes {
  const pool = poolFromColumns(row);
  const numbers: number[] = [];
  const indexes: bigint[] = [];
  for (const [number, index] of decodeCodes(ring.cipher(pool), codes).entries()) {
    // What is not of the pool's shape is NaN.
    if (!(index < pool.nextIndex)) continue;
    numbers.push(number);
    indexes.push(BigInt(index));
  }
  return { poolId: pool.id, indexes, numbers };
}

/** SSCCs run without a key: whoever has the number's slice has the number. */
function ssccIndexes({ pool_id: poolId }: PoolColumns, codes: readonly string[]): PoolIndexes {
  const numbers: number[] = [];
  const indexes: bigint[] = [];
  for (const [number, code] of codes.entries()) {
    const index = decodeSscc(code);
    if (index === undefined) continue;
    numbers.push(number);
    indexes.push(index);
  }
  return { poolId, indexes, numbers };
}
