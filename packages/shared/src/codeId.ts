const MAX_BATCH = 2n ** 60n - 1n;

const CODE_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{12})$/;

/** Where a generated code stands: its batch and its position in it, counted from 0. */
export interface CodePlace {
  batch: bigint;
  position: number;
}

/**
 * The id of a generated code: a UUIDv8 (RFC 9562) that holds its place and nothing else. The 60 bits around the
 * version are the batch number; the 62 bits after the variant are the position. Ids sort by batch, then position.
 * @param batch 0 to 2^60 - 1.
 * @param position 0 to 2^53 - 1.
 * @throws RangeError outside of these.
 */
export function codeId(batch: bigint, position: number): string {
  if (batch < 0n || batch > MAX_BATCH) throw new RangeError(`No batch number: ${batch}`);
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`No position: ${position}`);
  const b = batch.toString(16).padStart(15, '0');
  const p = position.toString(16).padStart(15, '0');
  return `${b.slice(0, 8)}-${b.slice(8, 12)}-8${b.slice(12)}-8${p.slice(0, 3)}-${p.slice(3)}`;
}

/** The place that `codeId` made this id of, in any case; undefined for an id that it never makes. */
export function parseCodeId(id: string): CodePlace | undefined {
  const groups = CODE_ID.exec(id.toLowerCase());
  if (groups === null) return undefined;
  const [, b1, b2, b3, p1, p2] = groups;
  const position = BigInt(`0x${p1}${p2}`);
  if (position > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { batch: BigInt(`0x${b1}${b2}${b3}`), position: Number(position) };
}
