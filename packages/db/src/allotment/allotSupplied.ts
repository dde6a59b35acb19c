import type { KeyRing } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { decodeCodes } from '../pools/decodeCodes';
import { type LockedNamespace, type NamespaceKey, takeSequence } from '../pools/namespaces';
import { insertRegistryIndexes, poolsOfNamespace, type RegistryIndexEntry } from '../pools/pools';
import { countRegisteredShapes, type RegisteredOrigin } from '../pools/registeredShapes';

/** A code that comes from outside, with what is known of it there. */
export interface SuppliedCode {
  code: string;
  /** A random one unless it is given. */
  id?: string | null;
  userCreated?: string | null;
  /** ISO 8601; now unless it is given. */
  dateCreated?: string | null;
  /** `unassigned` unless it is given. */
  status?: string | null;
  customId?: string | null;
  /** Position among the batch's codes; the next one unless it is given. */
  place?: number | null;
}

/**
 * Enters codes that come from outside into a namespace, for a batch. A code that was given out before, by a pool or
 * to another batch, is refused, as is one whose id another code has; one that this batch has registered already is
 * accepted again. New ones take their places, or the batch's next ones in the order of `supplied`. The namespace's row
 * stays locked until the transaction ends.
 * @param supplied distinct, in the namespace's own form (a serial, not an element string)
 * @param where as takeSequence
 * @returns the refused ones; all others now belong to the batch
 * @throws PoolKeyError when a pool of the namespace cannot be decoded: nobody could tell which codes are taken
 */
export async function allotSupplied(
  client: PoolClient,
  ring: KeyRing,
  key: NamespaceKey,
  batchId: bigint,
  supplied: readonly SuppliedCode[],
  where?: 'home' | 'anywhere',
): Promise<{ refused: string[]; sequence: bigint }> {
  const namespace = await takeSequence(client, key, where);
  const taken = await registerSupplied(client, ring, namespace, { batchId, origin: 'supplied' }, supplied);
  const own = taken.length === 0 ? undefined : await registeredTo(client, namespace.id, batchId, taken);
  return { refused: taken.filter((code) => !own?.has(code)), sequence: namespace.sequence };
}

/** Whose registered codes are, and where they come from. */
interface RegisteredOwner {
  batchId: bigint;
  origin: RegisteredOrigin;
}

/**
 * Enters codes under a sequence number that was taken before in the transaction: one allotment in parts.
 * @returns the codes that somebody has already, be it the batch itself
 */
export async function registerSupplied(
  client: PoolClient,
  ring: KeyRing,
  namespace: LockedNamespace,
  { batchId, origin }: RegisteredOwner,
  supplied: readonly SuppliedCode[],
): Promise<string[]> {
  const codes = supplied.map(({ code }) => code);
  const taken = new Set<string>();
  const entries: (RegistryIndexEntry & { code: string })[] = [];
  for (const pool of await poolsOfNamespace(client, namespace.id)) {
    const indexes = decodeCodes(ring.cipher(pool), codes);
    for (const [i, code] of codes.entries()) {
      const index = indexes[i] as number;
      if (index < pool.nextIndex) taken.add(code);
      else if (index < pool.space)
        entries.push({ code, poolId: pool.id, index, sequence: namespace.sequence, origin });
    }
  }
  const free = supplied.filter(({ code }) => !taken.has(code));
  const registered = await register(client, namespace, batchId, free);
  await insertRegistryIndexes(
    client,
    entries.filter(({ code }) => registered.has(code)),
  );
  await countRegisteredShapes(client, namespace.id, registered, origin);
  return codes.filter((code) => !registered.has(code));
}

/** Which of the codes the batch has registered before. They were free then, so it does not matter what is now. */
async function registeredTo(
  client: PoolClient,
  namespaceId: bigint,
  batchId: bigint,
  codes: readonly string[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ code: string }>(
    'SELECT code FROM registry WHERE namespace_id = $1 AND code = ANY ($2::text[]) AND batch_id = $3',
    [namespaceId, codes, batchId],
  );
  return new Set(rows.map((row) => row.code));
}

/** Inserts sorted, as everywhere. Gives back those that nobody had registered. */
async function register(
  client: PoolClient,
  { id, sequence }: LockedNamespace,
  batchId: bigint,
  supplied: readonly SuppliedCode[],
): Promise<Set<string>> {
  if (supplied.length === 0) return new Set();
  const { rows } = await client.query<{ code: string }>({
    name: 'register',
    text: `WITH made AS (
     INSERT INTO registry (namespace_id, code, sequence, batch_id, place, id, user_created, date_created, status,
                           custom_id)
     SELECT $1, code, $2, $3,
            coalesce(place, ordinal - 1 + (SELECT coalesce(max(place) + 1, 0) FROM registry WHERE batch_id = $3)),
            coalesce(id, gen_random_uuid()), user_created, coalesce(date_created, now()),
            coalesce(status, 'unassigned'), custom_id
       FROM unnest($4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[], $10::int[])
              WITH ORDINALITY AS supplied (code, id, user_created, date_created, status, custom_id, place, ordinal)
      ORDER BY code COLLATE "C" ON CONFLICT DO NOTHING
     RETURNING code, status
     ), counted AS (
       UPDATE batch SET unassigned = unassigned + (SELECT count(*) FROM made WHERE status = 'unassigned')
        WHERE id = $3 AND unassigned IS NOT NULL
     )
     SELECT code FROM made`,
    values: [
      id,
      sequence,
      batchId,
      supplied.map(({ code }) => code),
      supplied.map((one) => one.id),
      supplied.map(({ userCreated }) => userCreated),
      supplied.map(({ dateCreated }) => dateCreated),
      supplied.map(({ status }) => status),
      supplied.map(({ customId }) => customId),
      supplied.map(({ place }) => place),
    ],
  });
  return new Set(rows.map((row) => row.code));
}
