import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../../support/chance';
import { query } from '../../support/sql';
import { until } from '../../support/until';
import { untilAllComplete } from '../../support/untilAllComplete';
import { Client } from './client';
import { Faults } from './faults';
import { FLOWS } from './flows';
import { Ledger, type Outcome } from './ledger';
import { makePlaces, STOCK, STOCKED_PRODUCT } from './places';
import type { Plan, PlannedFault, Queue } from './plan';
import { openRig, type Rig } from './rig';
import { judge, type Losses } from './verdict';

/**
 * After the last harm: a lock runs out in 10 s, the sweep finds what nobody has touched for 15 s; the rest is the work
 * itself on a busy machine.
 */
const RECOVERY_MS = 120_000;

/** What came of a run. */
export interface Report {
  plan: Plan;
  /** What is wrong; empty after a run as it should be. */
  found: string[];
  losses: Losses;
  /** Of all plans on this ground so far. */
  codes: number;
  requests: Record<Outcome, number>;
  tookMs: number;
}

/** Servers and processes, and what has been done with them so far. */
export interface Ground {
  rig: Rig;
  faults: Faults;
  ledger: Ledger;
  client: Client;
}

export async function openGround(queue: Queue): Promise<Ground> {
  const rig = await openRig(queue);
  const urls = () => rig.stack.processes.filter((one) => one.isRunning()).flatMap((one) => one.url() ?? []);
  const client = new Client(urls, rig.stack.adminToken);
  try {
    await makePlaces(client);
  } catch (error) {
    await rig.close();
    throw error;
  }
  return { rig, faults: new Faults(rig), ledger: new Ledger(), client };
}

/** Does what a plan says, and looks what is there when all is at rest again: of this plan, and of those before it. */
export async function runPlan(plan: Plan, ground: Ground): Promise<Report> {
  const startedAt = Date.now();
  const { rig, faults, ledger } = ground;
  const before = countOutcomes(ledger);
  const found = await live(plan, ground);
  const { connectionString } = rig.database.server;
  await untilAtRest(connectionString).catch((error: Error) => found.push(error.message));
  const { losses, codes, ...verdict } = await judge(connectionString, ledger);
  found.push(...verdict.found, ...endedByThemselves(rig, faults));
  if (found.length > 0) found.push(`logs: ${keepLogs(plan, rig)}`);
  const requests = difference(countOutcomes(ledger), before);
  return { plan, found, losses, codes, requests, tookMs: Date.now() - startedAt };
}

/** All that was accepted has ended, and the rule has nothing to do. @throws Error when it takes too long */
async function untilAtRest(connectionString: string): Promise<void> {
  const isStocked = async () => {
    const rows = await query(
      connectionString,
      `SELECT FROM batch b JOIN identifier_job j ON j.batch_id = b.id
        WHERE j.product = $1 HAVING sum(b.unassigned) >= $2`,
      [STOCKED_PRODUCT, STOCK.minimum],
    );
    return rows.length > 0;
  };
  await until('the rule has filled the stock', RECOVERY_MS, isStocked, 200);
  await untilAllComplete(connectionString, RECOVERY_MS);
}

/** Flows and faults at their times. @returns what went wrong meanwhile */
async function live(plan: Plan, { faults, ledger, client }: Ground): Promise<string[]> {
  const startedAt = Date.now();
  const reach = (atMs: number) => sleep(Math.max(startedAt + atMs - Date.now(), 0));

  const inTurn = async (list: readonly PlannedFault[]) => {
    for (const fault of list) {
      await reach(fault.atMs);
      await faults.do(fault);
    }
  };
  const flows = plan.flows.map(async ({ kind, atMs, seed }, i) => {
    await reach(atMs);
    await FLOWS[kind]({ client, ledger, chance: new Chance(seed), name: `p${plan.seed}-${i}` });
  });
  const ended = await Promise.allSettled([...plan.faults.map(inTurn), ...flows]);
  return ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
}

function endedByThemselves({ stack }: Rig, { killed }: Faults): string[] {
  const ended = stack.processes.filter((one) => !one.isRunning() && !killed.has(one));
  return ended.map((one) => `${one.name} has ended by itself: ${one.state()}`);
}

function countOutcomes({ entries, imports }: Ledger): Record<Outcome, number> {
  const counts = { accepted: 0, refused: 0, deleted: 0, unknown: 0 };
  for (const { outcome } of [...entries, ...imports]) counts[outcome]++;
  return counts;
}

function difference(
  after: Record<Outcome, number>,
  before: Record<Outcome, number>,
): Record<Outcome, number> {
  return {
    accepted: after.accepted - before.accepted,
    refused: after.refused - before.refused,
    deleted: after.deleted - before.deleted,
    unknown: after.unknown - before.unknown,
  };
}

function keepLogs({ seed, queue }: Plan, { stack }: Rig): string {
  const file = join(mkdtempSync(join(tmpdir(), 'codemint-faults-')), `${queue}-${seed}.log`);
  writeFileSync(file, stack.logs());
  return file;
}
