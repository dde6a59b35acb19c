import { GuessChanceError, type PoolShape } from '@codemint/shared';
import type { PoolClient } from 'pg';
import { type LockedNamespace, longestOf } from '../pools/namespaces';
import { readRegisteredShapes } from '../pools/registeredShapes';
import { codesWithin, guessChance, keepsLimit } from './guessChance';
import { issuedShapes } from './issuedShapes';
import { type IssuedCodes, type LengthWanted, sufficientLength, sufficientLengths } from './sufficientLength';

interface UnguessableRequest {
  namespace: LockedNamespace;
  shape: PoolShape;
  /** How many more codes. */
  count: number;
  /** The most that a policy allows, 0 to 1. */
  limit: number;
}

/**
 * Refuses codes that would make a guess hit too often. The namespace must be locked and the shape's pool be there.
 * @throws GuessChanceError
 */
export async function requireUnguessable(
  client: PoolClient,
  { namespace, shape, count, limit }: UnguessableRequest,
): Promise<void> {
  const shapes = await issuedShapes(client, namespace.id, shape);
  if (keepsLimit(shapes, shape, { quantity: count, limit })) return;
  const registered = await readRegisteredShapes(client, namespace.id);
  const issued = { shapes, registered, newPoolStart: namespace.lost.newPoolStart };
  const longest = longestOf(namespace.kind, shape);
  const wanted = { quantity: count, limit, shortest: shape.length + 1, longest };
  const length = sufficientLength(issued, shape, wanted);
  const advice = length === null ? otherCharacters(issued, shape, wanted) : `Length ${length} would do.`;
  const chance = guessChance(shapes, shape, count);
  throw new GuessChanceError(chance, limit, codesWithin(shapes, shape, limit), advice, length);
}

/** What to say where no length of the same characters does. */
function otherCharacters(issued: IssuedCodes, shape: PoolShape, wanted: LengthWanted): string {
  const found = Object.entries(sufficientLengths(issued, shape, { ...wanted, shortest: shape.length }));
  const [name, length] = found
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .reduce((best, one) => (one[1] < best[1] ? one : best), ['', Number.POSITIVE_INFINITY]);
  const all = 'No length of these characters would do';
  return name === '' ? `${all}.` : `${all}; character set ${name} with length ${length} would.`;
}
