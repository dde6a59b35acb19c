import pg from 'pg';

/** A job's or batch's codes one by one, straight from the chunks' bytes. */
export const CODES = `
  SELECT b.namespace_id, c.batch_id, b.pool_id,
         convert_from(substring(c.codes FROM i * c.width + 1 FOR c.width), 'UTF8') AS code
    FROM chunk c JOIN batch b ON b.id = c.batch_id
   CROSS JOIN LATERAL generate_series(0, c.count - 1) AS i`;

/** How many ids of a batch `b` were refused, where it is that of an order with supplied ids. */
const REFUSED = `coalesce((
  SELECT sum(jsonb_array_length(numbers)) FROM adi_order o CROSS JOIN jsonb_each(o.refused) AS kind (code, numbers)
   WHERE o.batch_id = b.id), 0)`;

/** How many codes of each batch each reservation has, in one row or more. */
const RESERVED = `
  SELECT batch_id, reservation, count FROM code_status WHERE reservation > 0
   UNION ALL
  SELECT batch_id, reservation, count(*) FROM registry WHERE reservation > 0 GROUP BY 1, 2`;

/** Each finds what must not be. None of them uses the product's code, only its tables. */
const FAULTS: Record<string, string> = {
  'a job has not ended': `
    SELECT j.id, b.status, b.quantity_created, b.quantity, b.open_slices FROM identifier_job j JOIN batch b ON b.id = j.batch_id
     WHERE b.status NOT IN ('complete', 'error')`,
  'a failed job does not say why, or another one says something': `
    SELECT id, status, error_message FROM batch WHERE (status = 'error') <> (error_message IS NOT NULL)`,
  'a job and its batch want different quantities': `
    SELECT j.id, j.quantity, b.quantity AS batch_quantity FROM identifier_job j JOIN batch b ON b.id = j.batch_id
     WHERE j.quantity <> b.quantity`,
  'a batch of generated codes has no slices': `
    SELECT id FROM batch b
     WHERE pool_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM slice s WHERE s.batch_id = b.id)`,
  'a batch of generated codes that was not cancelled has neither job nor order': `
    SELECT id, status FROM batch b
     WHERE pool_id IS NOT NULL AND status <> 'cancelled'
       AND NOT EXISTS (SELECT 1 FROM identifier_job j WHERE j.batch_id = b.id)
       AND NOT EXISTS (SELECT 1 FROM adi_order o WHERE b.id IN (o.batch_id, o.short_batch_id))`,
  'a batch of generated codes counts wrongly': `
    SELECT b.id, b.status, b.quantity_created, made.codes, b.open_slices, cut.open
      FROM batch b,
           LATERAL (SELECT coalesce(sum(count), 0) AS codes FROM chunk WHERE batch_id = b.id) AS made,
           LATERAL (SELECT count(*) AS open FROM slice WHERE batch_id = b.id AND state = 'open') AS cut
     WHERE b.pool_id IS NOT NULL AND (b.quantity_created <> made.codes OR b.open_slices <> cut.open)`,
  'a complete batch is not': `
    SELECT id, quantity, quantity_created, date_completed FROM batch b
     WHERE status = 'complete'
       AND (quantity_created + ${REFUSED} <> quantity OR date_completed IS NULL
            OR EXISTS (SELECT 1 FROM slice s WHERE s.batch_id = b.id AND (s.state <> 'done' OR s.progress <> s.count)))`,
  'a slice has failed in a batch that is in no error, or a batch is in error that has all its codes': `
    SELECT b.id, b.status, b.quantity_created, b.quantity FROM batch b
     WHERE CASE status WHEN 'error' THEN quantity_created >= quantity
                       ELSE EXISTS (SELECT 1 FROM slice s WHERE s.batch_id = b.id AND s.state = 'failed') END`,
  'a cancelled batch keeps codes': `
    SELECT b.id, c.batch_offset FROM batch b JOIN chunk c ON c.batch_id = b.id WHERE b.status = 'cancelled'`,
  'chunks do not tile their slice': `
    SELECT s.id, s.first_index, s.count, s.progress, tiles.*
      FROM slice s JOIN batch b ON b.id = s.batch_id,
           LATERAL (
             SELECT coalesce(sum(span), 0) AS covered, count(*) FILTER (WHERE first_index <> expected) AS misplaced,
                    count(*) FILTER (WHERE batch_offset - s.batch_offset <> first_index - s.first_index) AS shifted
               FROM (SELECT *, s.first_index + coalesce(sum(span) OVER (
                                 ORDER BY first_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS expected
                       FROM chunk c
                      WHERE c.batch_id = s.batch_id AND c.batch_offset >= s.batch_offset
                        AND c.batch_offset < s.batch_offset + s.count) AS placed
           ) AS tiles
     WHERE b.status <> 'cancelled' AND (covered <> s.progress OR misplaced > 0 OR shifted > 0)`,
  'a chunk belongs to no slice': `
    SELECT c.batch_id, c.batch_offset FROM chunk c
     WHERE NOT EXISTS (SELECT 1 FROM slice s
                        WHERE s.batch_id = c.batch_id AND c.first_index >= s.first_index
                          AND c.first_index + c.span <= s.first_index + s.count)`,
  'slices of a batch do not follow one another': `
    SELECT * FROM (
      SELECT id, batch_id, batch_offset, coalesce(sum(count) OVER (
               PARTITION BY batch_id ORDER BY ordinal ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS expected
        FROM slice) AS s
     WHERE batch_offset <> expected`,
  'slices of a pool overlap': `
    SELECT * FROM (
      SELECT id, pool_id, first_index, lag(first_index + count) OVER (PARTITION BY pool_id ORDER BY first_index) AS behind
        FROM slice) AS s
     WHERE first_index < behind`,
  'a pool has given out indexes that no slice has and that are not set aside, or the reverse': `
    SELECT p.id, p.next_index, p.set_aside, used.* FROM pool p,
           LATERAL (SELECT coalesce(sum(count), 0) AS indexes, coalesce(max(first_index + count), 0) AS behind
                      FROM slice WHERE pool_id = p.id) AS used
     WHERE p.algorithm <> 'sscc'
       AND (p.next_index <> indexes + p.set_aside OR p.next_index < behind
            OR p.set_aside = 0 AND p.next_index <> behind)`,
  'two batches of a namespace have one sequence number': `
    SELECT namespace_id, sequence FROM (
      SELECT b.namespace_id, s.sequence, s.batch_id FROM slice s JOIN batch b ON b.id = s.batch_id
      UNION SELECT namespace_id, sequence, batch_id FROM registry) AS taken
     GROUP BY 1, 2 HAVING count(*) > 1`,
  'a sequence number was never taken': `
    SELECT n.id, n.last_sequence, s.sequence FROM namespace n
      JOIN batch b ON b.namespace_id = n.id JOIN slice s ON s.batch_id = b.id WHERE s.sequence > n.last_sequence`,
  'a code is there twice in its namespace': `
    SELECT namespace_id, code, array_agg(batch_id) AS batches FROM (
      SELECT namespace_id, code, batch_id FROM (${CODES}) AS made
      UNION ALL SELECT namespace_id, code, batch_id FROM registry) AS given
     GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 10`,
  'an order has not ended': `
    SELECT id, state, created, quantity FROM adi_order_item WHERE state <> 'completed'`,
  'an order and a batch of it want different quantities': `
    SELECT o.id, o.quantity, b.id AS batch, b.quantity AS batch_quantity FROM adi_order o
      JOIN batch b ON b.id IN (o.batch_id, o.short_batch_id) WHERE b.quantity <> o.quantity`,
  'a batch of supplied ids counts wrongly, or has others than the order says': `
    SELECT o.id, b.status, b.quantity_created, kept.codes, kept.strange
      FROM adi_order o JOIN batch b ON b.id = o.batch_id,
           LATERAL (SELECT count(*) AS codes, count(*) FILTER (WHERE code IS DISTINCT FROM o.ids[place + 1]) AS strange
                      FROM registry WHERE batch_id = b.id) AS kept
     WHERE o.ids IS NOT NULL AND (b.quantity_created <> kept.codes OR kept.strange > 0)`,
  'an id was refused though nobody had it before': `
    SELECT o.id, o.ids[refusal.place::int + 1] AS refused FROM adi_order o JOIN batch b ON b.id = o.batch_id
     CROSS JOIN jsonb_each(o.refused) AS kind (code, numbers)
     CROSS JOIN jsonb_array_elements_text(numbers) AS refusal (place)
     WHERE NOT EXISTS (SELECT 1 FROM registry r
                        WHERE r.namespace_id = b.namespace_id AND r.code = o.ids[refusal.place::int + 1] AND r.batch_id <> b.id)
       AND NOT EXISTS (SELECT 1 FROM (${CODES}) AS made
                        WHERE made.namespace_id = b.namespace_id AND made.code = o.ids[refusal.place::int + 1])`,
  'an event has not ended, or acted on what is not among its Thngs': `
    SELECT id, status, acted FROM adi_order_event
     WHERE status = 'new' OR NOT acted <@ (
       SELECT coalesce(range_agg(int4range(number, number + 1)), '{}') FROM unnest(numbers) AS number)`,
  'statuses count wrongly, overlap, or are of codes that are not there': `
    SELECT s.batch_id, s.block, s.status FROM code_status s
      JOIN batch b ON b.id = s.batch_id
     WHERE s.count <> (SELECT sum(upper(range) - lower(range)) FROM unnest(s.places) AS range)
        OR EXISTS (SELECT 1 FROM code_status t
                    WHERE t.batch_id = s.batch_id AND t.block = s.block AND (t.status, t.reservation) <> (s.status, s.reservation)
                      AND t.places && s.places)
        OR NOT s.places <@ (SELECT range_agg(int4range(c.batch_offset::int, (c.batch_offset + c.span)::int))
                              FROM chunk c WHERE c.batch_id = s.batch_id)`,
  'unassigned codes are counted wrongly, or those of an order may be taken': `
    SELECT b.id, b.unassigned, kept.unassigned AS kept FROM batch b,
           LATERAL (SELECT CASE
             WHEN EXISTS (SELECT 1 FROM adi_order o WHERE b.id IN (o.batch_id, o.short_batch_id)) THEN NULL
             WHEN b.status = 'cancelled' THEN 0
             WHEN b.pool_id IS NULL
             THEN (SELECT count(*) FROM registry WHERE batch_id = b.id AND status = 'unassigned')
             ELSE (SELECT coalesce(sum(count), 0) FROM chunk WHERE batch_id = b.id)
                  - (SELECT coalesce(sum(count), 0) FROM code_status WHERE batch_id = b.id)
           END AS unassigned) AS kept
     WHERE b.unassigned IS DISTINCT FROM kept.unassigned`,
  'an unassigned code lies before free_from, where nobody looks': `
    SELECT b.id, b.free_from, codes, marked FROM batch b,
           LATERAL (SELECT coalesce(sum(least(span, b.free_from - batch_offset) - (
                             SELECT count(*) FROM unnest(skipped) AS i WHERE i - first_index < b.free_from - batch_offset)),
                           0) AS codes
                      FROM chunk WHERE batch_id = b.id AND batch_offset < b.free_from) AS made,
           LATERAL (SELECT coalesce(sum(upper(part) - lower(part)), 0) AS marked
                      FROM code_status, unnest(places * int4multirange(int4range(0, b.free_from))) AS part
                     WHERE batch_id = b.id) AS used
     WHERE b.pool_id IS NOT NULL AND b.unassigned > 0 AND codes <> marked
     UNION ALL
    SELECT b.id, b.free_from, count(*), 0 FROM batch b JOIN registry r ON r.batch_id = b.id
     WHERE b.unassigned > 0 AND r.status = 'unassigned' AND r.place < b.free_from GROUP BY b.id`,
  'a code is in a reservation that is not there': `
    SELECT batch_id, reservation FROM (${RESERVED}) AS reserved
     WHERE NOT EXISTS (SELECT 1 FROM code_reservation r WHERE r.number = reservation)`,
  'a reservation has not ended, or has more or fewer codes than it says': `
    SELECT r.id, r.status, r.quantity, r.quantity_reserved, kept.codes
      FROM code_reservation r,
           LATERAL (SELECT coalesce(sum(count), 0) AS codes FROM (${RESERVED}) AS reserved
                     WHERE reservation = r.number) AS kept
     WHERE r.status <> 'complete' OR r.quantity_reserved <> kept.codes OR kept.codes > r.quantity`,
  'a reservation has codes of another kind or account, or those of an order': `
    SELECT r.id, b.id AS batch FROM code_reservation r
      JOIN (${RESERVED}) AS reserved ON reservation = r.number
      JOIN batch b ON b.id = reserved.batch_id JOIN namespace n ON n.id = b.namespace_id
      LEFT JOIN identifier_job j ON j.batch_id = b.id LEFT JOIN domain d ON d.id = r.domain
     WHERE b.unassigned IS NULL OR b.account_id <> r.account OR r.character_set <> j.character_set OR r.length <> j.length
        OR n.key <> coalesce(d.domain_name, right(r.product, length(n.key)))
        OR coalesce(r.character_set, r.length::text) IS NOT NULL AND j.id IS NULL`,
  'a rule has more codes under way than its target': `
    SELECT r.id, r.target, sum(j.quantity) AS under_way, count(*) AS jobs FROM replenishment_rule r
      JOIN identifier_job j ON j.reference_id = 'replenishment_rule/' || r.id
      JOIN batch b ON b.id = j.batch_id AND b.status IN ('new', 'in_progress')
     GROUP BY r.id HAVING sum(j.quantity) > r.target`,
  'a code is not of its pool': `
    SELECT made.code, p.id AS pool_id FROM (${CODES}) AS made JOIN pool p ON p.id = made.pool_id
     WHERE length(made.code) <> length(p.prefix) + p.length + length(p.suffix) + (p.algorithm = 'sscc')::int
        OR translate(made.code, p.prefix || p.alphabet || p.suffix, '') <> '' LIMIT 10`,
};

/** What is stored, for tests that know how much it must be. */
export interface DatabaseTotals {
  jobs: number;
  orders: number;
  /** Generated ones that are stored, and how many different strings they are. */
  codes: number;
  distinctCodes: number;
}

/** What is wrong with all that is stored, by SQL alone, one line a kind of fault. */
export async function findFaults(client: pg.ClientBase): Promise<string[]> {
  const found: string[] = [];
  for (const [fault, query] of Object.entries(FAULTS)) {
    const { rows } = await client.query<Record<string, unknown>>(query);
    if (rows.length > 0) found.push(`${fault} (${rows.length}): ${JSON.stringify(rows.slice(0, 5))}`);
  }
  return found;
}

/**
 * Checks at rest, after whatever happened, that the database keeps its word: every accepted job and order has ended,
 * every counter is right, no code is there twice, no chunk is missing, no code is in two reservations.
 * @throws Error that lists what is wrong
 */
export async function checkDatabase(connectionString: string): Promise<DatabaseTotals> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const found = await findFaults(client);
    if (found.length > 0) throw new Error(`The database is inconsistent:\n${found.join('\n')}`);
    const { rows } = await client.query<DatabaseTotals>(
      `SELECT (SELECT count(*)::int FROM identifier_job) AS jobs, (SELECT count(*)::int FROM adi_order) AS orders, count(*)::int AS codes,
              count(DISTINCT (namespace_id, code))::int AS "distinctCodes" FROM (${CODES}) AS made`,
    );
    return rows[0] as DatabaseTotals;
  } finally {
    await client.end();
  }
}
