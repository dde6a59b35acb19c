import type { Client } from '@codemint/db';
import { codeReservation } from '../items/collections/codeReservation';
import type { Filter } from '../items/query/itemsQuery';
import { selectRows } from '../items/read/rows';
import type { Scope } from '../items/scope';
import { type CodePlan, planOf } from './codePlan';

/** Found by their numbers; with more of them a look is taken at each code. */
const MOST_RESERVATIONS = 10_000;

/** What leads to the codes that meet a filter, with the reservations that it speaks of as far as the caller sees them. */
export async function planFor(scope: Scope, filter: Filter): Promise<CodePlan> {
  const plan = planOf(filter);
  const { reservationFilters } = plan;
  if (reservationFilters.length === 0) return plan;
  const { query } = await selectRows(scope, codeReservation, {
    filter: { kind: 'and', parts: reservationFilters },
  });
  const rows = await query
    .select(['item.id as id', 'item.number as number'])
    .limit(MOST_RESERVATIONS + 1)
    .execute();
  if (rows.length > MOST_RESERVATIONS) return { ...plan, isExact: false };
  return { ...plan, reservations: new Map(rows.map(({ id, number }) => [id as string, number as bigint])) };
}

/** Batches with codes that one of these reservations took. @param reservations numbers by ids */
export async function reservedBatches(
  client: Client,
  reservations: ReadonlyMap<string, bigint>,
): Promise<bigint[]> {
  const { rows } = await client.query<{ batch_id: bigint }>(
    `SELECT batch_id FROM code_status WHERE reservation > 0 AND reservation = ANY ($1::bigint[])
      UNION
     SELECT batch_id FROM registry WHERE reservation > 0 AND reservation = ANY ($1::bigint[])`,
    [[...reservations.values()]],
  );
  return rows.map((row) => row.batch_id);
}
