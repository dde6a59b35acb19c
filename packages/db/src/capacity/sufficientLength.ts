import {
  CHARACTER_SETS,
  type CharacterSetName,
  isSameShape,
  isSgtin96,
  type PoolShape,
  poolSpace,
} from '@codemint/shared';
import { type RegisteredShape, registeredLike } from '../pools/registeredShapes';
import { type IssuedShape, keepsLimit, withShape } from './guessChance';

/** All that is given out in a namespace. */
export interface IssuedCodes {
  shapes: readonly IssuedShape[];
  /** For shapes that have no pool. */
  registered: readonly RegisteredShape[];
  /** Where pools begin that are not there yet; 0 unless it is given. */
  newPoolStart?: number;
}

/** What is to be found: a length at which so many more codes keep the chance of a guess at a limit or below it. */
export interface LengthWanted {
  quantity: number;
  limit: number;
  /** Of the characters between prefix and suffix. */
  shortest: number;
  longest: number;
}

/** The shapes of a namespace, with another one of which there may be no codes yet. */
export function shapesWith(
  { shapes, registered, newPoolStart = 0 }: IssuedCodes,
  shape: PoolShape,
): readonly IssuedShape[] {
  const given = Math.min(poolSpace(shape), newPoolStart);
  return withShape(shapes, shape, { given, ...registeredLike(registered, shape) });
}

/** What was given out in a shape that is one of them. */
export function findShape(shapes: readonly IssuedShape[], shape: PoolShape): IssuedShape {
  return shapes.find((one) => isSameShape(one, shape)) as IssuedShape;
}

/** The shortest length of a shape's characters that would do; null if none does. */
export function sufficientLength(
  issued: IssuedCodes,
  shape: PoolShape,
  { shortest, longest, ...kept }: LengthWanted,
): number | null {
  for (let length = shortest; length <= longest; length++) {
    const longer = { ...shape, length };
    if (keepsLimit(shapesWith(issued, longer), longer, kept)) return length;
  }
  return null;
}

/** The same for each character set; null for those that the shape's algorithm has no codes of. */
export function sufficientLengths(
  issued: IssuedCodes,
  shape: Pick<PoolShape, 'prefix' | 'suffix' | 'algorithm'>,
  wanted: LengthWanted,
): Record<CharacterSetName, number | null> {
  const lengths = Object.entries(CHARACTER_SETS).map(([name, alphabet]) => [
    name,
    isSgtin96(shape) && alphabet !== CHARACTER_SETS.numeric
      ? null
      : sufficientLength(issued, { ...shape, alphabet, length: wanted.shortest }, wanted),
  ]);
  return Object.fromEntries(lengths) as Record<CharacterSetName, number | null>;
}
