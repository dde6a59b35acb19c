/** Long enough for a worker's chunk or two, short enough to show a stop. */
const WINDOW_MS = 4000;

/** The speed of something that is counted, over the last seconds. */
export class RateMeter {
  readonly #samples: { atMs: number; count: number }[] = [];

  /**
   * Takes the count at a time and tells the speed up to then.
   * @returns per second, a whole number; 0 at the first sample
   */
  add(atMs: number, count: number): number {
    const samples = this.#samples;
    samples.push({ atMs, count });
    // The newest sample that is old enough stays as the window's beginning.
    while (samples[1] !== undefined && samples[1].atMs <= atMs - WINDOW_MS) samples.shift();
    const [first] = samples;
    if (first === undefined || first.atMs === atMs) return 0;
    return Math.round(((count - first.count) * 1000) / (atMs - first.atMs));
  }
}
