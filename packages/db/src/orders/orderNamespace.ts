import type { Client } from '../connection/database';
import type { NamespaceKey } from '../pools/namespaces';

/** Where an order's codes belong; what its product is called may have changed since, this has not. */
export async function orderNamespace(client: Client, batchId: bigint): Promise<NamespaceKey | undefined> {
  const { rows } = await client.query<NamespaceKey>(
    'SELECT n.kind, n.key FROM batch b JOIN namespace n ON n.id = b.namespace_id WHERE b.id = $1',
    [batchId],
  );
  return rows[0];
}
