import pg from 'pg';
import { CODES, findFaults } from '../../support/checkDatabase';
import { type Entry, type ImportEntry, type Ledger, MARKED } from './ledger';

/** What a run has lost: nothing, unless something is wrong. */
export interface Losses {
  /** Accepted jobs, orders, events and reservations that are not there. */
  requests: number;
  /** Of what was accepted and is there. */
  codes: number;
  /** Codes that are there more than once in their namespace. */
  twice: number;
}

export interface Verdict {
  /** One line for each thing that is wrong. */
  found: string[];
  losses: Losses;
  /** Codes that were made. */
  codes: number;
}

/** Jobs that a rule asks for. */
const OF_RULES = 'replenishment_rule/';

interface Stored {
  id: string;
  marker: string | null;
  quantity: number;
}

/** Compares what is stored, at rest, with what clients were promised and with itself, by SQL alone. */
export async function judge(connectionString: string, ledger: Ledger): Promise<Verdict> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const found = await findFaults(client);
    const requests = await findBrokenPromises(client, ledger, found);
    for (const one of ledger.imports) await findBrokenImport(client, one, found);
    const { codes, missing, twice } = await count(client);
    if (missing > 0) found.push(`${missing} codes of what was accepted are not there`);
    return { found, losses: { requests, codes: missing, twice }, codes };
  } finally {
    await client.end();
  }
}

/** @returns how many accepted things are not there */
async function findBrokenPromises(client: pg.Client, { entries }: Ledger, found: string[]): Promise<number> {
  let lost = 0;
  for (const [collection, { marker, quantity }] of Object.entries(MARKED)) {
    const { rows } = await client.query<Stored>(
      `SELECT id::text, ${marker} AS marker, ${quantity}::int AS quantity FROM ${collection}`,
    );
    const byMarker = new Map<string | null, Stored[]>();
    for (const row of rows) byMarker.set(row.marker, [...(byMarker.get(row.marker) ?? []), row]);
    for (const entry of entries.filter((one) => one.collection === collection)) {
      const stored = byMarker.get(entry.marker) ?? [];
      byMarker.delete(entry.marker);
      const complaint = complain(entry, stored);
      if (complaint !== undefined) found.push(`${collection} ${entry.marker}: ${complaint}`);
      if (entry.outcome === 'accepted') lost += Math.max(entry.quantities.length - stored.length, 0);
    }
    for (const strange of byMarker.keys()) {
      if (!strange?.startsWith(OF_RULES)) found.push(`${collection} ${strange}: nobody asked for it`);
    }
  }
  return lost;
}

function complain({ outcome, quantities, ids }: Entry, stored: readonly Stored[]): string | undefined {
  if (outcome === 'refused' || outcome === 'deleted') {
    return stored.length === 0 ? undefined : `${outcome}, but ${stored.length} are stored`;
  }
  if (outcome === 'unknown' && stored.length === 0) return undefined;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const quantity = sum(stored.map((one) => one.quantity));
  if (stored.length !== quantities.length || quantity !== sum(quantities)) {
    return `${outcome}, but ${stored.length} of ${quantities.length} are stored, of ${quantity} codes`;
  }
  const storedIds = new Set(stored.map(({ id }) => id));
  return ids.every((id) => storedIds.has(id)) ? undefined : 'another id was answered than is stored';
}

async function findBrokenImport(
  client: pg.Client,
  { prefix, quantity, outcome }: ImportEntry,
  found: string[],
): Promise<void> {
  const { rows } = await client.query<{ codes: number }>(
    'SELECT count(*)::int AS codes FROM registry WHERE starts_with(code, $1)',
    [prefix],
  );
  const codes = rows[0]?.codes ?? 0;
  const isRight = codes === quantity || (outcome === 'unknown' && codes === 0);
  if (!isRight) found.push(`import ${prefix}: ${outcome}, but ${codes} of ${quantity} codes are stored`);
}

/** Codes of jobs and orders, and how many of them are missing or there twice; refused ids are nobody's. */
async function count(client: pg.Client): Promise<{ codes: number; missing: number; twice: number }> {
  const { rows } = await client.query<{ codes: number; missing: number; twice: number }>(`
    WITH given AS (
      SELECT namespace_id, code, batch_id FROM (${CODES}) AS made
       UNION ALL SELECT namespace_id, code, batch_id FROM registry),
    wanted AS (
      SELECT b.id, b.quantity - coalesce((
               SELECT sum(jsonb_array_length(numbers)) FROM adi_order o CROSS JOIN jsonb_each(o.refused) AS kind (code, numbers)
                WHERE o.batch_id = b.id), 0) AS quantity
        FROM batch b WHERE b.status <> 'cancelled')
    SELECT (SELECT count(*)::int FROM given) AS codes,
           (SELECT count(*)::int - count(DISTINCT (namespace_id, code))::int FROM given) AS twice,
           coalesce((SELECT sum(quantity - coalesce(made, 0))::int FROM wanted
             LEFT JOIN (SELECT batch_id, count(*) AS made FROM given GROUP BY 1) AS has ON has.batch_id = wanted.id
             WHERE quantity > coalesce(made, 0)), 0) AS missing`);
  return rows[0] as { codes: number; missing: number; twice: number };
}
