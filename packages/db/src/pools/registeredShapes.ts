import { CHARACTER_SETS, type PoolShape } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { Client } from '../connection/database';

/** Where registered codes come from: ADI orders with ids of their own, or imports. */
export type RegisteredOrigin = 'supplied' | 'imported';

/** Registered codes of a namespace that look alike. */
export interface RegisteredShape {
  /** Bytes of a code. */
  width: number;
  /** Names of the character sets that have all its characters. */
  characterSets: readonly string[];
  supplied: number;
  imported: number;
}

/** In the order of the names as they are kept; each set of characters once. */
const SETS = Object.entries(CHARACTER_SETS)
  .filter(([name]) => name !== 'N')
  .map(([name, alphabet]) => ({ name, alphabet: alphabet as string, characters: new Set<string>(alphabet) }));

/** Counts codes that have just been registered. The namespace must be locked. */
export async function countRegisteredShapes(
  client: PoolClient,
  namespaceId: bigint,
  codes: Iterable<string>,
  origin: RegisteredOrigin,
): Promise<void> {
  const counts = new Map<string, { width: number; names: string; count: number }>();
  for (const code of codes) {
    const width = Buffer.byteLength(code);
    const names = setsOf(code).join(',');
    const key = `${width} ${names}`;
    const counted = counts.get(key) ?? { width, names, count: 0 };
    counted.count++;
    counts.set(key, counted);
  }
  if (counts.size === 0) return;
  const shapes = [...counts.values()];
  await client.query({
    name: `count-${origin}-shapes`,
    text: `INSERT INTO registered_shape AS counted (namespace_id, width, character_sets, ${origin})
           SELECT $1, * FROM unnest($2::int[], $3::text[], $4::bigint[])
               ON CONFLICT (namespace_id, width, character_sets)
               DO UPDATE SET ${origin} = counted.${origin} + excluded.${origin}`,
    values: [
      namespaceId,
      shapes.map(({ width }) => width),
      shapes.map(({ names }) => names),
      shapes.map(({ count }) => count),
    ],
  });
}

function setsOf(code: string): string[] {
  return SETS.filter(({ characters }) => [...code].every((one) => characters.has(one))).map(
    ({ name }) => name,
  );
}

export async function readRegisteredShapes(client: Client, namespaceId: bigint): Promise<RegisteredShape[]> {
  const { rows } = await client.query<{
    width: number;
    character_sets: string;
    supplied: bigint;
    imported: bigint;
  }>({
    name: 'registered-shapes',
    text: 'SELECT width, character_sets, supplied, imported FROM registered_shape WHERE namespace_id = $1',
    values: [namespaceId],
  });
  return rows.map(({ width, character_sets, supplied, imported }) => ({
    width,
    characterSets: character_sets.split(','),
    supplied: Number(supplied),
    imported: Number(imported),
  }));
}

/**
 * How many registered codes read as one of a shape that has no pool. Exact for all strings of a character set without
 * prefix and suffix; of SGTIN-96 all digits of the length, else all of the same width, which is the most.
 */
export function registeredLike(
  registered: readonly RegisteredShape[],
  { prefix, alphabet, length, suffix }: PoolShape,
): { supplied: number; imported: number } {
  const width = Buffer.byteLength(prefix + suffix) + length;
  const isBare = prefix === '' && suffix === '';
  const set = isBare ? SETS.find((one) => one.alphabet === alphabet)?.name : undefined;
  const alike = registered.filter(
    (shape) => shape.width === width && (set === undefined || shape.characterSets.includes(set)),
  );
  return {
    supplied: alike.reduce((sum, shape) => sum + shape.supplied, 0),
    imported: alike.reduce((sum, shape) => sum + shape.imported, 0),
  };
}
