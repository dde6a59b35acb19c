import { isSameShape, type PoolAlgorithm, type PoolShape, shapeOf } from '@codemint/shared';
import type { Client } from '../connection/database';
import type { IssuedShape } from './guessChance';

interface PoolCounts {
  prefix: string;
  alphabet: string;
  length: number;
  suffix: string;
  algorithm: PoolAlgorithm;
  next_index: bigint;
  set_aside: bigint;
  supplied: bigint;
  imported: bigint;
  skipped: bigint;
  deleted: bigint;
}

const COUNTS =
  'p.prefix, p.alphabet, p.length, p.suffix, p.algorithm, p.next_index, p.set_aside, p.supplied, p.imported';

/**
 * What the pools of a namespace have given out, by shape. What was skipped and what is deleted is left at 0: pools
 * alone do not tell. What is set aside after a restore counts as given out.
 * @param asked told in any case; another shape of which nothing but what is set aside is known is left out: of these
 *   pools, which a restore has opened to be on the safe side, hardly any ever was
 */
export async function issuedShapes(
  client: Client,
  namespaceId: bigint,
  asked: PoolShape,
): Promise<IssuedShape[]> {
  const { rows } = await client.query<PoolCounts>({
    name: 'issued-shapes',
    text: `SELECT ${COUNTS}, 0::bigint AS skipped, 0::bigint AS deleted FROM pool p WHERE p.namespace_id = $1`,
    values: [namespaceId],
  });
  return byShape(rows, asked);
}

/**
 * Where a pool `p` may have had to skip, the indexes that made no code: those of slices beyond what was asked for or
 * made. Of a deleted job only the former are known.
 */
const SKIPPED = `
  SELECT sum(greatest(0, s.indexes - b.quantity,
                      CASE WHEN b.status <> 'cancelled' THEN s.progress - b.quantity_created END)) AS count
    FROM (SELECT batch_id, sum(count) AS indexes, sum(progress) AS progress
            FROM slice WHERE pool_id = p.id GROUP BY batch_id) AS s
    JOIN batch b ON b.id = s.batch_id
   WHERE p.supplied + p.imported > 0 OR EXISTS (
         SELECT 1 FROM pool q
          WHERE q.namespace_id = p.namespace_id AND q.id <> p.id
            AND octet_length(q.prefix || q.suffix) + q.length = octet_length(p.prefix || p.suffix) + p.length)`;

const DELETED = `
  SELECT sum(least(b.quantity, (SELECT sum(s.count) FROM slice s WHERE s.batch_id = b.id))) AS count
    FROM batch b WHERE b.pool_id = p.id AND b.status = 'cancelled'`;

/** The same with all that is known, in one look: what moves meanwhile is left out everywhere. */
export async function issuedShapesInFull(
  client: Client,
  namespaceId: bigint,
  asked: PoolShape,
): Promise<IssuedShape[]> {
  const { rows } = await client.query<PoolCounts>({
    name: 'issued-shapes-in-full',
    text: `SELECT ${COUNTS}, coalesce(skipped.count, 0)::bigint AS skipped, coalesce(deleted.count, 0)::bigint AS deleted
             FROM pool p CROSS JOIN LATERAL (${SKIPPED}) AS skipped CROSS JOIN LATERAL (${DELETED}) AS deleted
            WHERE p.namespace_id = $1`,
    values: [namespaceId],
  });
  return byShape(rows, asked);
}

/** Pools of one shape are one under each version of the master key; all of them know the same registered codes. */
function byShape(pools: readonly PoolCounts[], asked: PoolShape): IssuedShape[] {
  const shapes: IssuedShape[] = [];
  for (const counts of pools) {
    const shape = shapeOf(counts);
    const isOnlySetAside = counts.next_index > 0n && counts.next_index === counts.set_aside;
    if (isOnlySetAside && !isSameShape(shape, asked)) continue;
    let issued = shapes.find((one) => isSameShape(one, shape));
    if (issued === undefined) {
      issued = { ...shape, given: 0, skipped: 0, deleted: 0, supplied: 0, imported: 0 };
      shapes.push(issued);
    }
    issued.given += Number(counts.next_index);
    issued.skipped += Number(counts.skipped);
    issued.deleted += Number(counts.deleted);
    issued.supplied = Math.max(issued.supplied, Number(counts.supplied));
    issued.imported = Math.max(issued.imported, Number(counts.imported));
  }
  return shapes;
}
