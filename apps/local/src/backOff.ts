const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait before the next try, after so many failures in a row. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
}
