import type { PoolClient } from 'pg';
import { ssccCapacity } from '../capacity/ssccCapacity';

/** An extension digit and company prefix. */
export interface SsccPrefix {
  extensionDigit: number;
  companyPrefix: string;
}

/** Of all jobs, with the integers that each leaves. */
const BLOCKS = `
  SELECT DISTINCT coalesce(sscc_extension_digit, 0) AS extension, sscc_company_prefix AS prefix,
         (coalesce(sscc_extension_digit, 0)::text || sscc_company_prefix)::bigint * size AS first, size
    FROM identifier_job CROSS JOIN LATERAL (SELECT (10 ^ (16 - length(sscc_company_prefix)))::bigint AS size) AS block
   WHERE type = 'sscc' AND batch_id IN (SELECT b.id FROM batch b WHERE b.pool_id IS NOT NULL)`;

// A job gets the lowest gap that is long enough, so what was given out in the time that was lost lies behind a run of
// SSCCs that are given out, or at the beginning of a prefix; never beyond the shortest prefix that the run is of.
const SET_ASIDE = `
  WITH block AS (${BLOCKS}), used AS (
    SELECT s.first_index AS first, s.first_index + s.count AS behind
      FROM slice s JOIN pool p ON p.id = s.pool_id WHERE p.algorithm = 'sscc'
     UNION ALL
    SELECT first_index, behind FROM sscc_set_aside
  ), run AS (
    SELECT upper(part) AS behind FROM unnest((SELECT range_agg(int8range(first, behind)) FROM used)) AS part
  ), aside AS (
    SELECT r.behind AS first,
           least(r.behind + $1, coalesce((SELECT max(b.first + b.size) FROM block b
                                           WHERE b.first < r.behind AND r.behind <= b.first + b.size), 10 ^ 17)::bigint) AS behind
      FROM run r
     UNION ALL
    SELECT first, first + least($1, size) FROM block
  )
  INSERT INTO sscc_set_aside AS known (first_index, behind)
  SELECT first, max(behind) FROM aside WHERE behind > first GROUP BY first
      ON CONFLICT (first_index) DO UPDATE SET behind = greatest(known.behind, excluded.behind)`;

/**
 * Sets SSCCs aside: so many behind each that was given out last, and at the start of each prefix.
 * @returns prefixes in use that have none left
 */
export async function raiseSsccs(client: PoolClient, margin: number): Promise<SsccPrefix[]> {
  if (margin === 0) return [];
  await client.query(SET_ASIDE, [margin]);
  const { rows } = await client.query<{ extension: number; prefix: string }>(
    `${BLOCKS} ORDER BY extension, prefix`,
  );
  const full: SsccPrefix[] = [];
  for (const { extension: extensionDigit, prefix: companyPrefix } of rows) {
    const { left } = await ssccCapacity(client, { extensionDigit, companyPrefix }, NOBODY);
    if (left === 0) full.push({ extensionDigit, companyPrefix });
  }
  return full;
}

/** Whose the SSCCs are does not matter. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
