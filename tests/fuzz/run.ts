import { Agent } from 'node:http';
import pg from 'pg';
import { findFaults } from '../support/checkDatabase';
import { type Stack, startApps } from '../support/stack';
import { type Composed, Composer } from './compose';
import type { Description } from './description';
import { faultOf } from './judge';
import { send, type WireRequest } from './wire';
import { World } from './world';

const LANES = 16;
/** Nothing that is asked for is large. */
const ANSWER_MS = 15_000;
/** After so many requests what was deleted is made again. */
const ROUND = 250;
/** Until workers and sweeps have done what is left. */
const REST_MS = 60_000;
const REST_POLL_MS = 250;

export interface FuzzOptions {
  /** Of a migrated database of its own. */
  connectionString: string;
  seed: number;
  requests: number;
}

/** One way in which requests fail. */
export interface Finding {
  what: string;
  count: number;
  /** Number of the first of these in its run, and what was sent. */
  number: number;
  wire: WireRequest;
  /** Beginning of the answer. */
  answer: string;
}

export interface FuzzReport {
  findings: readonly Finding[];
  /** What is wrong besides: a process that has ended, errors in logs, a database that does not keep its word. */
  faults: readonly string[];
  /** How many answers had each status. */
  statuses: Readonly<Record<string, number>>;
  /** Operations, as `GET /path`, that never were answered by a success. */
  neverServed: readonly string[];
  seconds: number;
}

/** Small things only: a run is about what requests say, not about how much they ask for. */
export const SETTINGS = {
  CODEMINT_MAX_QUANTITY: '5000',
  TRUST_PROXY: '1',
};

/** Sends requests to an API and a worker, processes of their own, and looks at each answer and at what is left. */
export async function fuzz({ connectionString, seed, requests }: FuzzOptions): Promise<FuzzReport> {
  const stack = await startApps({ connectionString, environment: SETTINGS });
  try {
    const world = await World.make(connectionString, stack);
    const description = (await (await fetch(`${stack.url}/openapi.json`)).json()) as Description;
    const composer = new Composer(description, seed);
    const run = new Run(stack.url, world);
    const startedAt = performance.now();
    for (let first = 0; first < requests; first += ROUND) {
      await run.round(composer, first, Math.min(requests, first + ROUND));
      await world.renew();
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const faults = [...processFaults(stack), ...(await databaseFaults(connectionString))];
    return { ...run.result(), faults, seconds };
  } finally {
    await stack.stop();
  }
}

class Run {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: LANES });
  readonly #findings = new Map<string, Finding>();
  readonly #statuses: Record<string, number> = {};
  readonly #served = new Map<string, boolean>();

  constructor(
    private readonly url: string,
    private readonly world: World,
  ) {}

  async round(composer: Composer, first: number, behind: number): Promise<void> {
    let next = first;
    const lane = async () => {
      while (next < behind) {
        const number = next++;
        await this.#ask(composer.request(number), number);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  async #ask({ wire, operation, isOfOperation }: Composed, number: number): Promise<void> {
    const name = `${operation.method} ${operation.path}`;
    let status = 'none';
    let fault: string | undefined;
    let text = '';
    try {
      const answer = await send(this.url, this.#agent, wire, this.world.names, ANSWER_MS);
      status = String(answer.status);
      fault = faultOf(wire, answer, isOfOperation ? operation.statuses : undefined);
      text = answer.body.toString().slice(0, 500);
      this.#served.set(name, this.#served.get(name) || answer.status < 400);
    } catch (error) {
      fault = (error as Error).message;
    }
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (fault === undefined) return;
    const what = `${name}: ${fault}`;
    const before = this.#findings.get(what);
    if (before === undefined) this.#findings.set(what, { what, count: 1, number, wire, answer: text });
    else before.count += 1;
  }

  result(): Pick<FuzzReport, 'findings' | 'statuses' | 'neverServed'> {
    this.#agent.destroy();
    const neverServed = [...this.#served].filter(([, isServed]) => !isServed).map(([name]) => name);
    return { findings: [...this.#findings.values()], statuses: this.#statuses, neverServed };
  }
}

/** Lines that tell of no fault of ours. */
const QUIET = /^\{"level":[1-4]0,|"url":"\/server\/health["?]/;

/** Processes that have ended, and what they have logged as errors. */
export function processFaults({ processes }: Stack): string[] {
  return processes.flatMap((one) => {
    const lines = one
      .log()
      .split('\n')
      .filter((line) => line !== '' && !QUIET.test(line));
    const ended = one.isRunning() ? [] : [`${one.name} has ended: ${one.state()}`];
    return [...ended, ...lines.slice(0, 20).map((line) => `${one.name} has logged: ${line.slice(0, 2_000)}`)];
  });
}

/** Faults that are left when the workers have had their time. Rules would make new jobs for ever. */
async function databaseFaults(connectionString: string): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(`UPDATE replenishment_rule SET status = 'paused'`);
    const deadline = Date.now() + REST_MS;
    for (;;) {
      const faults = await findFaults(client);
      if (faults.length === 0 || Date.now() > deadline) return faults;
      await new Promise((wake) => setTimeout(wake, REST_POLL_MS));
    }
  } finally {
    await client.end();
  }
}
