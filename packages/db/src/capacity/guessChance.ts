import { codesOfShape, isSameShape, type PoolShape, poolSpace, shapeOf, sharedPart } from '@codemint/shared';

/** What was given out in one shape of a namespace, under all versions of the master key. */
export interface IssuedShape extends PoolShape {
  /** Indexes given out. */
  given: number;
  /** How many of them are known to have made no code, as the code was somebody's already. */
  skipped: number;
  /** Codes of deleted jobs among them. */
  deleted: number;
  /** Codes from outside that read as one of the shape: of ADI orders, and of imports. */
  supplied: number;
  imported: number;
}

/**
 * The chance that a guess at a code of a shape hits one that was given out is the part of all its codes that are
 * issued: its own, those of other shapes that read as one of it (as many as are likely, where not each of them does),
 * and those that came from outside. A code that two shapes have counts for both, so what is told is rather too much
 * than too little. A job has the chance of every shape that its codes could be read as.
 */
export interface GuessChance {
  /** 0 to 1. */
  chance: number;
  shape: PoolShape;
}

/** Adds what is known of one shape to the others, unless it is there. */
export function withShape(
  shapes: readonly IssuedShape[],
  asked: PoolShape,
  known: Pick<IssuedShape, 'supplied' | 'imported'> & { given?: number },
): readonly IssuedShape[] {
  const shape = shapeOf(asked);
  if (shapes.some((one) => isSameShape(one, shape))) return shapes;
  return [...shapes, { ...shape, given: 0, skipped: 0, deleted: 0, ...known }];
}

/**
 * The greatest chance over all shapes of a namespace once `quantity` more codes of a shape are given out.
 * @param shapes that of the codes among them
 */
export function namespaceChance(
  shapes: readonly IssuedShape[],
  asked: PoolShape,
  quantity: number,
): GuessChance {
  const chances = shapes.map((shape) => ({ shape, chance: chanceIn(shapes, shape, asked, quantity) }));
  return chances.reduce((most, one) => (one.chance > most.chance ? one : most));
}

/** The same over the shapes alone that the new codes could be read as: what a policy limits. */
export function guessChance(shapes: readonly IssuedShape[], asked: PoolShape, quantity: number): number {
  const chances = touched(shapes, asked).map(({ shape }) => chanceIn(shapes, shape, asked, quantity));
  return Math.max(...chances);
}

/** Whether the chance stays at a limit or below it once `quantity` more codes of a shape are given out. */
export function keepsLimit(
  shapes: readonly IssuedShape[],
  asked: PoolShape,
  { quantity, limit }: { quantity: number; limit: number },
): boolean {
  return limit >= 1 || quantity <= room(shapes, asked, limit);
}

/** How many more codes of a shape keep the chance at a limit or below it. */
export function codesWithin(shapes: readonly IssuedShape[], asked: PoolShape, limit: number): number {
  return Math.max(0, room(shapes, asked, limit));
}

/** So that one in ten thousand of a million is a hundred whatever floats make of it. */
const ROUNDING = 1e-6;

/** Negative where the limit is passed already. */
function room(shapes: readonly IssuedShape[], asked: PoolShape, limit: number): number {
  const rooms = touched(shapes, asked).map(({ shape, part }) =>
    Math.floor((limit * codesOfShape(shape) - issuedIn(shapes, shape)) / part + ROUNDING),
  );
  return Math.min(...rooms);
}

/** How many codes of other shapes read as one of this: exact where each of them does, else as many as are likely. */
export function overlapping(shapes: readonly IssuedShape[], shape: PoolShape): number {
  return others(shapes, shape).reduce(
    (sum, { other, part }) =>
      sum + (part === 1 ? other.given - other.skipped : Math.ceil(other.given * part)),
    0,
  );
}

/**
 * How many codes of a shape can still be given out, never more than the truth: what was skipped without anybody
 * knowing counts as given out, and of shapes that overlap in part as much as there can reasonably be.
 */
export function codesLeft(shapes: readonly IssuedShape[], shape: IssuedShape): number {
  const own = shape.given - shape.skipped + shape.supplied + shape.imported;
  const taken = others(shapes, shape).reduce((sum, { other, part }) => sum + mostCommon(other, part), own);
  // A space that is larger than what a pool counts has codes that none will ever give out.
  const isCut = codesOfShape(shape) > poolSpace(shape);
  return Math.max(0, Math.floor(isCut ? poolSpace(shape) - shape.given : codesOfShape(shape) - taken));
}

/** Eight standard deviations: passed by chance once in some 10^14. */
const DEVIATIONS = 8;

/** The most codes of a shape that lie in the given part of it. */
function mostCommon(shape: IssuedShape, part: number): number {
  if (part === 1) return shape.given - shape.skipped;
  const likely = shape.given * part;
  const most = likely + DEVIATIONS * Math.sqrt(likely) + DEVIATIONS;
  return Math.min(shape.given, codesOfShape(shape) * part, Math.ceil(most));
}

function others(shapes: readonly IssuedShape[], shape: PoolShape) {
  return shapes
    .filter((other) => !isSameShape(other, shape))
    .map((other) => ({ other, part: sharedPart(other, shape) }))
    .filter(({ part }) => part > 0);
}

/** The shapes that codes of one could be read as, itself among them. */
function touched(shapes: readonly IssuedShape[], asked: PoolShape) {
  return shapes.map((shape) => ({ shape, part: sharedPart(asked, shape) })).filter(({ part }) => part > 0);
}

function chanceIn(
  shapes: readonly IssuedShape[],
  shape: IssuedShape,
  asked: PoolShape,
  quantity: number,
): number {
  const issued = issuedIn(shapes, shape) + quantity * sharedPart(asked, shape);
  return Math.min(1, issued / codesOfShape(shape));
}

function issuedIn(shapes: readonly IssuedShape[], shape: IssuedShape): number {
  const generated = shapes.reduce((sum, other) => sum + other.given * sharedPart(other, shape), 0);
  return generated + shape.supplied + shape.imported;
}
