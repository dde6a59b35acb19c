import type { PoolCipher } from '@codemint/shared';

/**
 * The index of each code in a pool; NaN for codes that are not of the pool's shape, Infinity for indexes that no
 * pool ever reaches (2^53 and above).
 */
export function decodeCodes(cipher: PoolCipher, codes: readonly string[]): Float64Array {
  const indexes = new Float64Array(codes.length).fill(Number.NaN);
  const fitting = codes.flatMap((code, place) => (Buffer.byteLength(code) === cipher.width ? [place] : []));
  if (fitting.length === 0) return indexes;
  const decoded = cipher.decode(Buffer.from(fitting.map((place) => codes[place]).join('')));
  for (const [i, place] of fitting.entries()) indexes[place] = decoded[i] as number;
  return indexes;
}
