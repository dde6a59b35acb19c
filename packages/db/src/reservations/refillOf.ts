import type { Client } from '../connection/database';
import { characterSetSql } from './characterSetSql';
import { type Stock, stockOf } from './stock';

/** What a rule is about to make. */
export interface Refill {
  rule: string;
  quantity: number;
}

interface RuleRow {
  id: string;
  characterSet: string;
  length: number;
  minimum: number;
  target: number;
}

/** The first rule that the next round finds short of codes that the stock would have. */
export async function refillOf(
  client: Client,
  stock: Stock,
  { product, domain }: { product: string | null; domain: { id: string } | null },
): Promise<Refill | undefined> {
  const { rows } = await client.query<RuleRow>({
    name: 'rules-of-stock',
    text: `SELECT id, character_set AS "characterSet", length, minimum, target FROM replenishment_rule
            WHERE status = 'active' AND error_message IS NULL AND (product = $1 OR domain = $2)
              AND ($3::text IS NULL OR ${characterSetSql('character_set')} = ${characterSetSql('$3::text')})
              AND ($4::int IS NULL OR length = $4)
            ORDER BY id`,
    values: [product, domain?.id ?? null, stock.characterSet, stock.length],
  });
  for (const { id, characterSet, length, minimum, target } of rows) {
    const { unassigned, underWay } = await stockOf(client, { ...stock, characterSet, length });
    if (unassigned + underWay < minimum) return { rule: id, quantity: target - unassigned - underWay };
  }
  return undefined;
}
