import type { Client } from '../connection/database';

/** Versions of the master key that make nothing new any more; what they have made goes on to be decoded. */
export async function retiredKeys(client: Client): Promise<number[]> {
  const { rows } = await client.query<{ version: number }>({
    name: 'retired-keys',
    text: 'SELECT version FROM retired_key ORDER BY version',
  });
  return rows.map(({ version }) => version);
}
