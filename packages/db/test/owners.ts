import { PoolCipher, type PoolDescriptor } from '@codemint/shared';
import type { Client, NamespaceKey } from '../src';
import { masterKey, split, storedCodes } from './support';

interface SliceRow extends Omit<PoolDescriptor, 'namespaceKind' | 'namespaceKey' | 'keyVersion'> {
  key_version: number;
  first_index: bigint;
  count: number;
  sequence: bigint;
  batch_id: bigint;
}

/** Whose every code of a namespace must be. */
interface Owners {
  /** Code to the number of the earliest allotment that covers it. */
  sequences: Map<string, bigint>;
  batches: Map<bigint, bigint>;
  supplied: Set<bigint>;
}

/**
 * By the rule alone, without snapshots, skips or siblings: each slice's indexes are made into codes, and the lowest
 * sequence number wins.
 */
async function ownersByRule(client: Client, { kind, key }: NamespaceKey): Promise<Owners> {
  const owners: Owners = { sequences: new Map(), batches: new Map(), supplied: new Set() };
  const claim = (code: string, sequence: bigint, batchId: bigint) => {
    owners.batches.set(sequence, batchId);
    const earlier = owners.sequences.get(code);
    if (earlier === undefined || sequence < earlier) owners.sequences.set(code, sequence);
  };
  const slices = await client.query<SliceRow>(
    `SELECT p.*, s.first_index, s.count, s.sequence, s.batch_id
       FROM slice s JOIN pool p ON p.id = s.pool_id JOIN namespace n ON n.id = p.namespace_id
      WHERE n.kind = $1 AND n.key = $2`,
    [kind, key],
  );
  for (const row of slices.rows) {
    const cipher = new PoolCipher(masterKey(row.key_version), {
      ...row,
      namespaceKind: kind as PoolDescriptor['namespaceKind'],
      namespaceKey: key,
      keyVersion: row.key_version,
    });
    const codes = cipher.encode(Number(row.first_index), row.count);
    for (const code of split(codes, cipher.width)) claim(code, row.sequence, row.batch_id);
  }
  const registry = await client.query<{ code: string; sequence: bigint; batch_id: bigint }>(
    `SELECT r.* FROM registry r JOIN namespace n ON n.id = r.namespace_id WHERE n.kind = $1 AND n.key = $2`,
    [kind, key],
  );
  for (const { code, sequence, batch_id } of registry.rows) {
    owners.supplied.add(sequence);
    claim(code, sequence, batch_id);
  }
  return owners;
}

/**
 * Compares what the finished batches of a namespace have stored with what the rule gives them: every code one owner,
 * the earliest, and none lost. Codes of deleted jobs count as given out.
 * @returns how many codes have an owner, and how many allotments had to do without one that another owned
 */
export async function expectEarliestOwners(
  client: Client,
  namespace: NamespaceKey,
): Promise<{ owned: number; supplied: number; rivals: number }> {
  const owners = await ownersByRule(client, namespace);
  const { rows } = await client.query<{ id: bigint; status: string; indexes: bigint }>(
    `SELECT b.id, b.status, coalesce((SELECT sum(count) FROM slice WHERE batch_id = b.id), 0)::bigint AS indexes
       FROM batch b JOIN namespace n ON n.id = b.namespace_id
      WHERE n.kind = $1 AND n.key = $2 AND b.pool_id IS NOT NULL`,
    [namespace.kind, namespace.key],
  );
  const seen = new Set<string>();
  const wrong: string[] = [];
  let indexes = 0;
  for (const batch of rows) {
    indexes += Number(batch.indexes);
    for (const code of await storedCodes(client, batch.id)) {
      const sequence = owners.sequences.get(code);
      const owner =
        sequence === undefined || owners.supplied.has(sequence) ? null : owners.batches.get(sequence);
      if (seen.has(code) || owner !== batch.id) wrong.push(`${code} in batch ${batch.id}, owner ${owner}`);
      seen.add(code);
    }
  }
  expect(wrong).toEqual([]);
  const cancelled = new Set(rows.filter(({ status }) => status === 'cancelled').map(({ id }) => id));
  let [supplied, lost] = [0, 0];
  for (const [code, sequence] of owners.sequences) {
    if (owners.supplied.has(sequence)) supplied++;
    else if (!seen.has(code) && !cancelled.has(owners.batches.get(sequence) as bigint)) lost++;
  }
  expect(lost).toBe(0);
  return { owned: owners.sequences.size, supplied, rivals: indexes + supplied - owners.sequences.size };
}
