import { sgtin96Serials } from '../ff1/sgtin96Batch';

/**
 * Which strings a pool makes, and how an index becomes one of them. `ff1-aes256-1`: all strings, by FF1.
 * `ff1-aes256-sgtin96-1`: the digits that are a serial of SGTIN-96, without prefix and suffix, by Sgtin96Batch.
 */
export type PoolAlgorithm = 'ff1-aes256-1' | 'ff1-aes256-sgtin96-1';

/** What the codes of a pool look like: prefix, `length` characters of the alphabet, suffix. */
export interface PoolShape {
  readonly prefix: string;
  /** ASCII characters, each once, in the order of their numerals. */
  readonly alphabet: string;
  readonly length: number;
  readonly suffix: string;
  readonly algorithm: PoolAlgorithm;
}

/** Without what else is known of it. */
export function shapeOf({ prefix, alphabet, length, suffix, algorithm }: PoolShape): PoolShape {
  return { prefix, alphabet, length, suffix, algorithm };
}

export function isSameShape(a: PoolShape, b: PoolShape): boolean {
  return (
    a.prefix === b.prefix &&
    a.alphabet === b.alphabet &&
    a.length === b.length &&
    a.suffix === b.suffix &&
    a.algorithm === b.algorithm
  );
}

export function isSgtin96({ algorithm }: Pick<PoolShape, 'algorithm'>): boolean {
  return algorithm === 'ff1-aes256-sgtin96-1';
}

/** Bytes of a code: characters of the alphabet have one, those of prefix and suffix may have more. */
export function codeWidth({ prefix, length, suffix }: Omit<PoolShape, 'algorithm'>): number {
  return Buffer.byteLength(prefix) + length + Buffer.byteLength(suffix);
}

/** How many different codes a shape has, also beyond what a pool can give out; from 2^53 on not exact. */
export function codesOfShape(shape: Pick<PoolShape, 'alphabet' | 'length' | 'algorithm'>): number {
  if (!isSgtin96(shape)) return shape.alphabet.length ** shape.length;
  const { first, last } = sgtin96Serials(shape.length);
  return last - first + 1;
}

/** How many codes a pool can give out: all of its shape, but no index reaches 2^53 - 1. */
export function poolSpace(shape: Pick<PoolShape, 'alphabet' | 'length' | 'algorithm'>): number {
  if (isSgtin96(shape)) return codesOfShape(shape);
  const all = BigInt(shape.alphabet.length) ** BigInt(shape.length);
  return all > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(all);
}

/**
 * Whether two shapes could make the same string: their codes have the same number of UTF-8 bytes and at each
 * position a byte in common, and if only serials of SGTIN-96 will do, one of these.
 */
export function couldCollide(a: PoolShape, b: PoolShape): boolean {
  if (codeWidth(a) !== codeWidth(b)) return false;
  if (isSgtin96(a) || isSgtin96(b)) return commonSerials(a, b) > 0;
  const placesOfB = bytesByPosition(b);
  return bytesByPosition(a).every((bytes, position) =>
    bytes.some((byte) => placesOfB[position]?.includes(byte)),
  );
}

/**
 * Which part of the codes of a shape another shape could make as well, from 0 for none to 1 for all: at each position
 * those of its bytes that both have.
 */
export function sharedPart(of: PoolShape, within: PoolShape): number {
  if (codeWidth(of) !== codeWidth(within)) return 0;
  if (isSgtin96(of) || isSgtin96(within)) return commonSerials(of, within) / codesOfShape(of);
  const theirs = bytesByPosition(within);
  let part = 1;
  // Positions of two alphabets come one after the other, and have it in common.
  let last: { own: Uint8Array; their: Uint8Array; ratio: number } | undefined;
  for (const [position, own] of bytesByPosition(of).entries()) {
    const their = theirs[position] as Uint8Array;
    if (last?.own !== own || last.their !== their) {
      last = { own, their, ratio: own.filter((byte) => their.includes(byte)).length / own.length };
    }
    part *= last.ratio;
  }
  return part;
}

/** How many serials of SGTIN-96 both shapes have, one of which has no others. */
function commonSerials(a: PoolShape, b: PoolShape): number {
  const theirs = bytesByPosition(b);
  const choices = bytesByPosition(a).map((own, position) => digitsIn(own, theirs[position] as Uint8Array));
  // Those that differ from the greatest serial at one position first, where they are lower, and what follows is free.
  let count = 0;
  for (const [position, greatest] of [...String(sgtin96Serials(choices.length).last)].entries()) {
    const own = choices[position] as number[];
    const lower = own.filter((digit) => digit < Number(greatest) && (position > 0 || digit > 0));
    count += choices.slice(position + 1).reduce((product, { length }) => product * length, lower.length);
    if (!own.includes(Number(greatest))) return count;
  }
  return count + 1;
}

const ZERO = 48;

function digitsIn(some: Uint8Array, others: Uint8Array): number[] {
  const digits = Array.from({ length: 10 }, (_, digit) => digit);
  return digits.filter((digit) => some.includes(ZERO + digit) && others.includes(ZERO + digit));
}

/** The bytes that can stand at each position of a code. */
function bytesByPosition({ prefix, alphabet, length, suffix }: PoolShape): Uint8Array[] {
  const fixed = (text: string) => Array.from(Buffer.from(text, 'utf8'), (byte) => Uint8Array.of(byte));
  const free = new Array<Uint8Array>(length).fill(Buffer.from(alphabet, 'ascii'));
  return [...fixed(prefix), ...free, ...fixed(suffix)];
}
