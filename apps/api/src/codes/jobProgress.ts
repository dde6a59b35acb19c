import type { Reading, Watched } from './progressReader';

const READ_PROGRESS = `SELECT status, quantity, coalesce(quantity_created, 0) AS created
  FROM identifier_job_item WHERE id = $1`;

const ENDS: ReadonlySet<unknown> = new Set(['complete', 'error', 'deleted']);

/**
 * The progress of an identifier job: `status`, `quantity`, `created` and `rate`.
 * @param id in lower case, as the queue names it
 */
export function jobProgress(id: string): Watched {
  return {
    id,
    async read(client, before) {
      const { rows } = await client.query<Reading>({
        name: 'read-progress',
        text: READ_PROGRESS,
        values: [id],
      });
      return rows[0] ?? { quantity: 0, created: 0, ...before, status: 'deleted' };
    },
    isFinal: ({ status }) => ENDS.has(status),
  };
}
