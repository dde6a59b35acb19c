/** One thing that is not as it should be. */
export interface Difference {
  /** Null: of a pool. */
  batchId: bigint | null;
  /** Such as `job 6f…` or `order U3…`; null of a pool, and of imported codes, which have none. */
  owner: string | null;
  where: string;
  what: string;
  /** Null where `what` says it. */
  shouldBe: string | null;
}

/** Takes the differences of one batch. */
export type Report = (where: string, what: string, shouldBe?: string) => void;

/** Reports a counter that is not what was counted. */
export function compareCount(report: Report, counter: string, is: number, counted: number): void {
  if (is !== counted) report(counter, `is ${is}`, String(counted));
}
