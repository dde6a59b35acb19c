import { isSgtin96, MAX_SGTIN_96_LENGTH, type PoolShape, RestoredDatabaseError } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client } from '../connection/database';
import {
  type LostTime,
  NOTHING_LOST,
  noteHome,
  requireHome,
  STANDING,
  type Standing,
} from '../restore/identity';

export interface NamespaceKey {
  kind: 'sgtin' | 'grai' | 'sscc' | 'short_code' | 'adi';
  /** Normalised: GTIN-14, 13 digits of an asset type, domain in lower case, empty for SSCC. */
  key: string;
}

/**
 * Most characters of a namespace's codes: AI 21 has up to 20, the serial of AI 8003 up to 16, AI 00 always 18 (GS1
 * General Specifications, sections 3.5.2, 3.9.1 and 3.2). Of an account's own identifiers it is the most that is
 * proposed: unless they are serials they may be longer.
 */
export const MAX_LENGTH: Record<NamespaceKey['kind'], number> = {
  sgtin: 20,
  grai: 16,
  sscc: 18,
  short_code: 20,
  adi: 20,
};

/** Most characters between prefix and suffix of a shape's codes in a namespace of this kind. */
export function longestOf(
  kind: NamespaceKey['kind'],
  shape: Pick<PoolShape, 'prefix' | 'suffix' | 'algorithm'>,
): number {
  if (isSgtin96(shape)) return MAX_SGTIN_96_LENGTH;
  return MAX_LENGTH[kind] - shape.prefix.length - shape.suffix.length;
}

export interface LockedNamespace extends NamespaceKey {
  id: bigint;
  /** This allotment's number: of two allotments of one namespace the lower came first. */
  sequence: bigint;
  /** What the installation may have given out and does not know. */
  lost: LostTime;
}

/**
 * Locks a namespace until the transaction ends, makes it if it is new, and takes its next sequence number. All
 * allotments of a namespace pass here, one after the other.
 * @param where `anywhere`: also in a database that was restored, for ids that were supplied in the time that was lost
 * @throws RestoredDatabaseError where the database was restored, promoted or cloned: it may lack the newest numbers
 */
export async function takeSequence(
  client: PoolClient,
  { kind, key }: NamespaceKey,
  where: 'home' | 'anywhere' = 'home',
): Promise<LockedNamespace> {
  type Row = { id: bigint; last_sequence: bigint; standing: Standing | null };
  const { rows } = await client.query<Row>({
    name: 'take-sequence',
    text: `INSERT INTO namespace (kind, key, last_sequence) VALUES ($1, $2, 1)
               ON CONFLICT (kind, key) DO UPDATE SET last_sequence = namespace.last_sequence + 1
            RETURNING id, last_sequence, ${STANDING} AS standing`,
    values: [kind, key],
  });
  const { id, last_sequence: sequence, standing } = rows[0] as Row;
  if (standing === null) await noteHome(client);
  else if (!standing.isHome && where === 'home') throw new RestoredDatabaseError();
  return { kind, key, id, sequence, lost: standing ?? NOTHING_LOST };
}

/**
 * Makes a namespace if it is new, without locking it: from then on what it belongs to (a product's GTIN) is frozen.
 * @returns its number
 * @throws RestoredDatabaseError as takeSequence
 */
export async function ensureNamespace(client: PoolClient, key: NamespaceKey): Promise<bigint> {
  await requireHome(client);
  // Looked for first: an insert would wait for whoever has the row locked.
  const found = await findNamespace(client, key);
  if (found !== undefined) return found;
  await client.query('INSERT INTO namespace (kind, key) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    key.kind,
    key.key,
  ]);
  return (await findNamespace(client, key)) as bigint;
}

/** The number of a namespace; undefined if nothing was ever given out in it. */
export async function findNamespace(
  client: Client,
  { kind, key }: NamespaceKey,
): Promise<bigint | undefined> {
  const { rows } = await client.query<{ id: bigint }>({
    name: 'find-namespace',
    text: 'SELECT id FROM namespace WHERE kind = $1 AND key = $2',
    values: [kind, key],
  });
  return rows[0]?.id;
}

/** As text for sorting: transactions that need several namespaces take them in this order. */
export function lockOrder({ kind, key }: NamespaceKey): string {
  return `${kind} ${key}`;
}
