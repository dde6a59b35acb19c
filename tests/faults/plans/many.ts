import { type Plan, planOf, QUEUES, type Queue } from './plan';
import { type Ground, openGround, type Report, runPlan } from './run';

/** Most of a run is waiting for locks and sweeps, so several share the machine. */
const AT_ONCE = 2;

export interface Wanted {
  plans: number;
  /** Of the first; the next ones follow. */
  seed: number;
  /** Undefined: some on each. */
  queue?: Queue | undefined;
}

/**
 * Runs plans, several at a time. To save starts those of one queue follow one another on the same servers and
 * processes, with all that the former have left there; after one that went wrong others take their place.
 * @param onReport told of each as it ends
 */
export async function runPlans(wanted: Wanted, onReport: (report: Report) => void): Promise<void> {
  const plans = plansOf(wanted);
  const queues = QUEUES.filter((queue) => plans.some((plan) => plan.queue === queue));
  const runners = queues.flatMap((queue) => {
    const left = plans.filter((plan) => plan.queue === queue);
    return Array.from({ length: Math.min(AT_ONCE / queues.length, left.length) }, () =>
      runAll(left, queue, onReport),
    );
  });
  await Promise.all(runners);
}

export function plansOf({ plans, seed, queue }: Wanted): Plan[] {
  return Array.from({ length: plans }, (_, i) =>
    planOf(seed + i, queue ?? (QUEUES[(seed + i) % QUEUES.length] as Queue)),
  );
}

async function runAll(left: Plan[], queue: Queue, onReport: (report: Report) => void): Promise<void> {
  let ground: Ground | undefined;
  try {
    for (let plan = left.shift(); plan !== undefined; plan = left.shift()) {
      ground ??= await openGround(queue);
      const report = await runPlan(plan, ground);
      onReport(report);
      if (report.found.length === 0) continue;
      await ground.rig.close();
      ground = undefined;
    }
  } finally {
    await ground?.rig.close();
  }
}
