import { parseArgs } from 'node:util';
import { runPlans, type Wanted } from './many';
import { QUEUES, type Queue } from './plan';
import type { Report } from './run';
import { table } from './table';

const USAGE = 'npm run faults -- [--plans N] [--seed S] [--backend postgres|redis]';
const PLANS = 20;

async function main(args: string[]): Promise<void> {
  const wanted = parse(args);
  const reports: Report[] = [];
  await runPlans(wanted, (report) => {
    reports.push(report);
    say(line(report));
  });
  say(`\n${table(reports)}`);
  const failed = reports.filter(({ found }) => found.length > 0);
  for (const { plan } of failed) {
    say(`Run again: npm run faults -- --plans 1 --seed ${plan.seed} --backend ${plan.queue}`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
}

/** @throws Error for what is no option or no value of it */
function parse(args: string[]): Wanted {
  const { plans, seed, backend } = parseArgs({
    args,
    options: { plans: { type: 'string' }, seed: { type: 'string' }, backend: { type: 'string' } },
  }).values;
  const whole = (text: string | undefined, otherwise: number): number => {
    const number = Number(text ?? otherwise);
    if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is no whole number; ${USAGE}`);
    return number;
  };
  const queue = QUEUES.find((one) => one === backend);
  if (backend !== undefined && queue === undefined) throw new Error(`unknown backend ${backend}; ${USAGE}`);
  return { plans: whole(plans, PLANS), seed: whole(seed, 1), queue: queue as Queue | undefined };
}

function line({ plan, found, requests, codes, tookMs }: Report): string {
  const faults = plan.faults.flat().length;
  const { accepted, refused, deleted, unknown } = requests;
  const what =
    `seed ${plan.seed}, queue in ${plan.queue}: ${faults} faults; ${accepted} requests accepted, ${refused} refused, ` +
    `${deleted} deleted, ${unknown} unknown; ${codes} codes are there; ${Math.round(tookMs / 1000)} s`;
  return found.length === 0 ? `${what}: nothing lost` : [`${what}: WRONG`, ...found].join('\n  ');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
