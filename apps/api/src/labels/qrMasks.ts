import type { Bitmap } from './symbology';

/** How many ways to mask a QR code ISO/IEC 18004 has. */
export const MASKS = 8;

/**
 * Chooses the mask of QR codes of one version and error correction level, which would take bwip-js most of its time.
 * With another mask a symbol differs in the same modules, whatever it says: one text drawn with each mask tells in which.
 */
export class QrMasks {
  /** For each mask, the modules that it turns over in a symbol of the first one. */
  readonly #differences: readonly Uint8Array[];

  /** @param drawn one text with each mask, in the order of masks */
  constructor(drawn: readonly Bitmap[]) {
    const [first] = drawn as [Bitmap];
    this.#differences = drawn.map(({ modules }) =>
      modules.map((module, i) => module ^ (first.modules[i] as number)),
    );
  }

  /**
   * The symbol with the mask of the least penalty, of several the first one.
   * @param bitmap a symbol with the first mask
   */
  best({ columns, rows, modules }: Bitmap): Bitmap {
    let best: { modules: Uint8Array; penalty: number } = { modules, penalty: Number.POSITIVE_INFINITY };
    for (const difference of this.#differences) {
      const masked = modules.map((module, i) => module ^ (difference[i] as number));
      const penalty = penaltyOf(masked, columns);
      if (penalty < best.penalty) best = { modules: masked, penalty };
    }
    return { columns, rows, modules: best.modules };
  }
}

/** Penalty of a square symbol (ISO/IEC 18004, 7.8.3.1). */
function penaltyOf(modules: Uint8Array, size: number): number {
  let penalty = 0;
  const runs = new Uint16Array(size + 1);
  for (let line = 0; line < size; line++) {
    penalty += linePenalty(runs, runsInto(runs, modules, { start: line * size, step: 1, size }));
    penalty += linePenalty(runs, runsInto(runs, modules, { start: line, step: size, size }));
  }
  return penalty + blockPenalty(modules, size) + balancePenalty(modules);
}

/** Lengths of a line's runs, light and dark in turn, the first one light and maybe 0. @returns how many */
function runsInto(
  runs: Uint16Array,
  modules: Uint8Array,
  { start, step, size }: { start: number; step: number; size: number },
): number {
  let count = 0;
  let last = 0;
  runs[0] = 0;
  for (let i = 0, at = start; i < size; i++, at += step) {
    const module = modules[at] as number;
    if (module === last) (runs[count] as number)++;
    else runs[++count] = 1;
    last = module;
  }
  return count + 1;
}

/** Runs of five and more, and what looks like a finder pattern: 1:1:3:1:1 beside four light modules or the edge. */
function linePenalty(runs: Uint16Array, count: number): number {
  let penalty = 0;
  for (let i = 0; i < count; i++) if ((runs[i] as number) >= 5) penalty += (runs[i] as number) - 2;
  for (let i = 3; i < count - 2; i += 2) {
    const unit = (runs[i] as number) / 3;
    const isPattern =
      runs[i - 2] === unit && runs[i - 1] === unit && runs[i + 1] === unit && runs[i + 2] === unit;
    if (!isPattern) continue;
    const isAtEdge = i === 3 || i + 4 >= count;
    if (isAtEdge || (runs[i - 3] as number) >= 4 || (runs[i + 3] as number) >= 4) penalty += 40;
  }
  return penalty;
}

/** Blocks of two by two modules that are alike. */
function blockPenalty(modules: Uint8Array, size: number): number {
  let penalty = 0;
  for (let at = size; at < modules.length; at++) {
    if (at % size === 0) continue;
    const module = modules[at];
    if (module === modules[at - 1] && module === modules[at - size] && module === modules[at - size - 1])
      penalty += 3;
  }
  return penalty;
}

/** Ten for every twentieth by which the share of dark modules is away from a half. */
function balancePenalty(modules: Uint8Array): number {
  const dark = modules.reduce((sum, module) => sum + module, 0);
  return Math.floor(Math.abs((dark * 100) / modules.length - 50) / 5) * 10;
}
