import type { Client } from '../connection/database';
import { characterSetSql } from '../reservations/characterSetSql';

/** Batches of jobs of a rule's kind; imported codes have no character set, so they are of no kind. */
const OF_KIND = `
  FROM rule r JOIN batch b ON b.namespace_id = r.namespace_id AND b.account_id = r.account
  JOIN identifier_job j ON j.batch_id = b.id AND j.length = r.length
       AND ${characterSetSql('j.character_set')} = ${characterSetSql('r.character_set')}`;

// All rules at once: the planner goes by index for a few rules, and once over batches and jobs for thousands. A
// product's id ends with the key of its namespace, see parseProductKey.
const SHORT_RULES = `
  WITH rule AS MATERIALIZED (
    SELECT r.*, n.id AS namespace_id
      FROM replenishment_rule r LEFT JOIN domain d ON d.id = r.domain
      LEFT JOIN namespace n ON n.kind = r.type
            AND n.key = CASE r.type WHEN 'sgtin' THEN substr(r.product, length('/01/') + 1)
                                    WHEN 'grai' THEN substr(r.product, length('/8003/0') + 1)
                                    ELSE d.domain_name END
     WHERE r.status = 'active'
  ), stock AS (
    SELECT id, sum(codes) AS codes
      FROM (SELECT r.id, b.unassigned AS codes ${OF_KIND} WHERE b.unassigned > 0
             UNION ALL
            SELECT r.id, b.quantity - b.quantity_created ${OF_KIND}
             WHERE b.status IN ('new', 'in_progress') AND b.pool_id IS NOT NULL) AS part
     GROUP BY id
  )
  SELECT rule.id FROM rule LEFT JOIN stock USING (id)
   WHERE CASE WHEN error_message IS NULL THEN coalesce(codes, 0) < minimum
              ELSE $1 OR coalesce(codes, 0) >= minimum END
   ORDER BY rule.id`;

/**
 * Active rules that something is to be done about: fewer codes are unassigned or under way than their minimum, or an
 * error is told that is over. Writes nothing and locks nothing, so it may be asked often: 0.2 s for 5,000 rules and
 * all of 100,000 jobs, 5 ms for 20 rules among those jobs.
 * @param withFailing also rules that could not be met before and still are short
 * @returns ids, always in the same order
 */
export async function shortRules(client: Client, withFailing: boolean): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'short-rules',
    text: SHORT_RULES,
    values: [withFailing],
  });
  return rows.map((row) => row.id);
}
