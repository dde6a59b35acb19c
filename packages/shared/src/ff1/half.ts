import type { CodeLayout, DigitTable } from './digits';

/**
 * One half (FF1's A or B) of each code at work. Code k is at position k of the half and in block k of the AES
 * blocks, 16 bytes each. `count` is the number of codes, at most what `reserve` was told.
 */
export interface Half {
  /** How many values the half can have: radix to the power of its numerals, at most 2^60. */
  readonly modulus: number;

  /** Makes room for `count` codes; what the half held is lost. */
  reserve(count: number): void;

  /** Half of code k becomes floor(number k / divisor) mod modulus. */
  setFromNumbers(numbers: Float64Array, count: number, divisor: number): void;

  /** Adds half * factor to each total. Not exact from 2^53 on, but then never below 2^53. */
  addTo(totals: Float64Array, count: number, factor: number): void;

  /** Writes into each block: mask xor half as a big-endian number. Words that no half reaches are left as they are. */
  writeBlocks(blocks: DataView, count: number, mask: Uint32Array): void;

  /**
   * Half of each code += sign * S mod modulus, where S is the first bytes of its result block, as many as FF1 says;
   * and at once, as in writeBlocks, the blocks of the next round, which start from this half.
   */
  addResults(results: DataView, count: number, sign: 1 | -1, blocks: DataView, nextMask: Uint32Array): void;

  /** Writes the halves as characters and uses them up: what the half held is lost. */
  writeCharacters(digits: DigitTable, codes: CodeLayout, count: number): void;

  /** Reads the halves from characters, all of which belong to the alphabet. */
  readCharacters(digits: DigitTable, codes: CodeLayout, count: number): void;
}
