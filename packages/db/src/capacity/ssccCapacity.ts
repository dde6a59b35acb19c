import { ssccBlock } from '@codemint/shared';
import type { Client } from '../connection/database';

/** What jobs of one company prefix and extension digit have had and can still get. They run upwards, so any is guessed. */
export interface SsccCapacity {
  kind: 'sscc';
  space: number;
  generated: number;
  /** Part of them: what deleted jobs had. */
  deleted: number;
  left: number;
  /** The most that one job can get. */
  largestGap: number;
  /** Other accounts have numbers here, and the one that asks has none. */
  isForeign: boolean;
}

interface Figures {
  used: bigint;
  deleted: bigint;
  left: bigint;
  largest: bigint;
  is_foreign: boolean;
}

/** Prefixes nest: what lies in this block may be of a shorter prefix, or of a longer one. */
export async function ssccCapacity(
  client: Client,
  { companyPrefix, extensionDigit }: { companyPrefix: string; extensionDigit: number },
  accountId: string,
): Promise<SsccCapacity> {
  const { first, size } = ssccBlock(extensionDigit, companyPrefix);
  const { rows } = await client.query<Figures>({
    name: 'sscc-capacity',
    text: `WITH used AS (
             SELECT greatest(s.first_index, $1::bigint) AS first, least(s.first_index + s.count, $2::bigint) AS behind,
                    b.status = 'cancelled' AS is_deleted, b.account_id IS NOT DISTINCT FROM $3 AS is_own
               FROM namespace n JOIN pool p ON p.namespace_id = n.id JOIN slice s ON s.pool_id = p.id
               JOIN batch b ON b.id = s.batch_id
              WHERE n.kind = 'sscc' AND int8range(s.first_index, s.first_index + s.count) && int8range($1, $2)
           ), taken AS (
             SELECT first, behind FROM used
             UNION ALL
             SELECT first_index, behind FROM sscc_set_aside WHERE first_index < $2 AND behind > $1
           ), gap AS (
             SELECT first - greatest(max(behind) OVER (ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                                     $1::bigint) AS size FROM taken
             UNION ALL
             SELECT $2::bigint - greatest(max(behind), $1::bigint) FROM taken
           )
           SELECT coalesce(sum(behind - first), 0)::bigint AS used,
                  coalesce(sum(behind - first) FILTER (WHERE is_deleted), 0)::bigint AS deleted,
                  (SELECT greatest(max(size), 0) FROM gap) AS largest,
                  (SELECT coalesce(sum(size) FILTER (WHERE size > 0), 0)::bigint FROM gap) AS "left", NOT coalesce(bool_or(is_own), true) AS is_foreign
             FROM used`,
    values: [first, first + size, accountId],
  });
  const { used, deleted, left, largest, is_foreign: isForeign } = rows[0] as Figures;
  return {
    kind: 'sscc',
    space: Number(size),
    generated: Number(used),
    deleted: Number(deleted),
    left: Number(left),
    largestGap: Number(largest),
    isForeign,
  };
}
