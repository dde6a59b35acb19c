import { Chance } from '../../support/chance';
import { FLOW_KINDS, type FlowKind } from './flowKinds';

/** What is done to the servers and processes, and for how long it lasts if it is not over at once. */
const FAULTS = {
  'worker killed': { on: 'workers', lastsMs: [0, 0] },
  'API killed': { on: 'apis', lastsMs: [0, 0] },
  // Longer than the 10 s of a lock, so that another has the work when it thaws.
  'worker frozen past its lock': { on: 'frozen', lastsMs: [10_500, 12_500] },
  'Postgres stopped (immediate) and started': { on: 'database', lastsMs: [0, 1_200] },
  'connections to Postgres cut': { on: 'database', lastsMs: [0, 0] },
  'connections to Postgres refused': { on: 'database', lastsMs: [300, 2_000] },
  'connections to Postgres stalled': { on: 'database', lastsMs: [500, 3_000] },
  'all connections of Postgres taken': { on: 'database', lastsMs: [500, 2_000] },
  'Redis killed and started with its data': { on: 'queue', lastsMs: [0, 1_200] },
  'Redis killed and started empty': { on: 'queue', lastsMs: [0, 1_200] },
  'Redis emptied (FLUSHALL)': { on: 'queue', lastsMs: [0, 0] },
  'connections to Redis cut': { on: 'queue', lastsMs: [0, 0] },
  'connections to Redis refused': { on: 'queue', lastsMs: [300, 2_000] },
  'connections to Redis stalled': { on: 'queue', lastsMs: [500, 3_000] },
} as const satisfies Record<string, { on: string; lastsMs: readonly [least: number, most: number] }>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[];

export type Queue = 'postgres' | 'redis';
export const QUEUES: readonly Queue[] = ['postgres', 'redis'];

export interface PlannedFault {
  kind: FaultKind;
  /** After the start of the run, or when the one before it on the same thing is over. */
  atMs: number;
  lastsMs: number;
  /** From 0 to 1: which of those that run. */
  whom: number;
}

export interface PlannedFlow {
  kind: FlowKind;
  atMs: number;
  /** Of what it asks for. */
  seed: number;
}

/** All that is done in a run, and when. It follows from the seed and the queue alone. */
export interface Plan {
  seed: number;
  queue: Queue;
  /** Those of one list happen one after the other, beside those of the others. */
  faults: PlannedFault[][];
  flows: PlannedFlow[];
}

const FIRST_FAULT_MS = 400;
const LAST_FAULT_MS = 6_500;
const LAST_FLOW_MS = 6_000;
/** Flows of each kind. */
const LEAST_FLOWS = 1;
const MOST_FLOWS = 2;

/** How many faults there are of each list. */
const HOW_MANY = { workers: [1, 3], apis: [0, 2], frozen: [0, 1], database: [1, 3], queue: [3, 4] } as const;

export function planOf(seed: number, queue: Queue): Plan {
  const chance = new Chance(seed);
  const lists = (Object.keys(HOW_MANY) as (keyof typeof HOW_MANY)[]).filter(
    (on) => queue === 'redis' || on !== 'queue',
  );
  return { seed, queue, faults: lists.map((on) => faultsOf(on, chance)), flows: flowsOf(chance) };
}

/** As different ones as there are. */
function faultsOf(on: keyof typeof HOW_MANY, chance: Chance): PlannedFault[] {
  const kinds = chance.shuffled(FAULT_KINDS.filter((kind) => FAULTS[kind].on === on));
  const [fewest, most] = HOW_MANY[on];
  const faults = Array.from({ length: chance.between(fewest, most) }, (_, i) => {
    const kind = kinds[i % kinds.length] as FaultKind;
    const [shortestMs, longestMs] = FAULTS[kind].lastsMs;
    return {
      kind,
      atMs: chance.between(FIRST_FAULT_MS, LAST_FAULT_MS),
      lastsMs: chance.between(shortestMs, longestMs),
      whom: chance.next(),
    };
  });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function flowsOf(chance: Chance): PlannedFlow[] {
  const flows = FLOW_KINDS.flatMap((kind) =>
    Array.from({ length: chance.between(LEAST_FLOWS, MOST_FLOWS) }, () => ({
      kind,
      atMs: chance.between(0, LAST_FLOW_MS),
      seed: chance.between(0, 2 ** 32 - 1),
    })),
  );
  return flows.sort((a, b) => a.atMs - b.atMs);
}
