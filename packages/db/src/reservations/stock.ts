import type { Client } from '../connection/database';
import type { NamespaceKey } from '../pools/namespaces';
import { characterSetSql } from './characterSetSql';

/** Codes of an account's jobs and imports for one product or domain. */
export interface Stock {
  namespace: NamespaceKey;
  accountId: string;
  /** Only codes of jobs with these characters (by whichever name) or length; null for any, imported ones too. */
  characterSet: string | null;
  length: number | null;
}

export interface StockLevel {
  /** Codes that may be taken. */
  unassigned: number;
  /** Codes that unfinished jobs are still to make. */
  underWay: number;
}

/** SQL: batches of a stock whose values are `$1` to `$5`. */
const OF_STOCK = `
  FROM batch b LEFT JOIN identifier_job j ON j.batch_id = b.id
 WHERE b.namespace_id = (SELECT id FROM namespace WHERE kind = $1 AND key = $2) AND b.account_id = $3
   AND ($4::text IS NULL OR ${characterSetSql('j.character_set')} = ${characterSetSql('$4::text')})
   AND ($5::int IS NULL OR j.length = $5)`;

function stockValues({ namespace, accountId, characterSet, length }: Stock): unknown[] {
  return [namespace.kind, namespace.key, accountId, characterSet, length];
}

/** How much there is of a stock, and how much more is on its way. */
export async function stockOf(client: Client, stock: Stock): Promise<StockLevel> {
  const { rows } = await client.query<{ unassigned: bigint; under_way: bigint }>({
    name: 'stock-of',
    text: `SELECT coalesce((SELECT sum(b.unassigned) ${OF_STOCK} AND b.unassigned > 0), 0)::bigint AS unassigned,
                  coalesce((SELECT sum(b.quantity - b.quantity_created) ${OF_STOCK}
                              AND b.status IN ('new', 'in_progress') AND b.pool_id IS NOT NULL
                              AND b.unassigned IS NOT NULL), 0)::bigint AS under_way`,
    values: stockValues(stock),
  });
  return { unassigned: Number(rows[0]?.unassigned ?? 0), underWay: Number(rows[0]?.under_way ?? 0) };
}

/** Batches with unassigned codes of a stock, in the order in which they were made. */
export async function* batchesOfStock(client: Client, stock: Stock): AsyncGenerator<bigint> {
  for (let after = 0n; ; ) {
    const { rows } = await client.query<{ id: bigint }>({
      name: 'batches-of-stock',
      text: `SELECT b.id ${OF_STOCK} AND b.unassigned > 0 AND b.id > $6 ORDER BY b.id LIMIT ${BATCHES_AT_ONCE}`,
      values: [...stockValues(stock), after],
    });
    for (const row of rows) yield row.id;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCHES_AT_ONCE) return;
    after = last.id;
  }
}

const BATCHES_AT_ONCE = 100;
