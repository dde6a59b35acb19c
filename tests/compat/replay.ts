import { Agent } from 'node:http';
import { compareAnswers, type Difference, Twins } from './compare';
import type { Deviation } from './deviation';
import { findDeviation } from './deviations';
import type { RecordedCase, Recordings, Seed, Unit } from './recording';
import { sdkUnits } from './sdkRequests';
import { send, type Target } from './send';
import { World } from './world';

export interface CaseResult {
  /** File, scenario and name of the case. */
  title: string;
  recorded: RecordedCase;
  /** The rule by which it was held against our answer in place of the recorded one. */
  deviation?: Deviation;
  /** None: as it should be. */
  differences: readonly Difference[];
}

/** The server to replay against. */
export interface Server {
  url: string;
  /** By user of the seed, in place of the seed's. */
  tokens?: Readonly<Record<string, string>>;
  /** Makes the server's data what the seed says; called before each unit. */
  reset(): Promise<void>;
}

/** Replays each file and each scenario on a fresh seed. Yields one result a case. */
export async function* replay(recordings: Recordings, server: Server): AsyncGenerator<CaseResult> {
  const { seed, units, sdkRequests } = recordings;
  const agent = new Agent({ keepAlive: true });
  const seedTokens = Object.fromEntries(Object.entries(seed.users).map(([name, user]) => [name, user.token]));
  const target: Target = { url: server.url, tokens: { ...seedTokens, ...server.tokens }, agent };
  try {
    for (const unit of [...units, ...sdkUnits(sdkRequests, seed)]) {
      await server.reset();
      yield* replayUnit(unit, seed, target);
    }
  } finally {
    agent.destroy();
  }
}

async function* replayUnit(unit: Unit, seed: Seed, target: Target): AsyncGenerator<CaseResult> {
  const twins = new Twins(JSON.stringify(seed));
  const world = new World(seed);
  for (const recorded of unit.cases) {
    const title = `${unit.title} › ${recorded.name}`;
    const { deviation, ours: expected = recorded.response } = findDeviation(recorded, world) ?? {};
    const result = { title, recorded, ...(deviation && { deviation }) };
    try {
      const answer = await send(target, twins.translate(recorded.request));
      const differences = compareAnswers(expected, answer, twins);
      yield { ...result, differences };
    } catch (error) {
      yield { ...result, differences: [{ path: 'answer', expected, got: String(error) }] };
    }
  }
}
