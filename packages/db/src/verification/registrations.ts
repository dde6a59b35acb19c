import type { Client } from '../connection/database';
import type { NamespaceKey } from '../pools/namespaces';

/** To whom a code from outside is registered. */
export interface Registration {
  batchId: bigint;
  place: number;
  sequence: bigint;
  /** Its job was deleted: the code is nobody's, though it is never given out again. */
  isCancelled: boolean;
}

interface Row {
  code: string;
  batch_id: bigint;
  place: number;
  sequence: bigint;
  is_cancelled: boolean;
}

/**
 * Those of some codes that are registered in a namespace. Most namespaces have no such code at all: that takes one look.
 */
export async function registrationsOf(
  client: Client,
  { kind, key }: NamespaceKey,
  codes: readonly string[],
): Promise<Map<string, Registration>> {
  const namespaceId = await namespaceWithRegistry(client, kind, key);
  if (namespaceId === undefined) return new Map();
  const { rows } = await client.query<Row>({
    name: 'registrations-of',
    text: `SELECT r.code, r.batch_id, r.place, r.sequence, b.status = 'cancelled' AS is_cancelled
             FROM registry r JOIN batch b ON b.id = r.batch_id
            WHERE r.namespace_id = $1 AND r.code = ANY ($2::text[])`,
    values: [namespaceId, codes],
  });
  return new Map(
    rows.map(({ code, batch_id: batchId, place, sequence, is_cancelled: isCancelled }) => [
      code,
      { batchId, place, sequence, isCancelled },
    ]),
  );
}

async function namespaceWithRegistry(client: Client, kind: string, key: string): Promise<bigint | undefined> {
  const { rows } = await client.query<{ id: bigint }>({
    name: 'namespace-with-registry',
    // By the index: where all rows are of one namespace, looking for another one's would be a scan.
    text: `SELECT n.id FROM namespace n
            CROSS JOIN LATERAL (SELECT 1 FROM registry r WHERE r.namespace_id = n.id
                                 ORDER BY r.namespace_id, r.code LIMIT 1) AS first
            WHERE n.kind = $1 AND n.key = $2`,
    values: [kind, key],
  });
  return rows[0]?.id;
}
