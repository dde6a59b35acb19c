import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '@codemint/db';
import { startPostgres } from '@codemint/local';
import { startApps } from '../support/stack';
import { readRecordings, type Seed } from './recording';
import { type CaseResult, replay, type Server } from './replay';
import { countResults, describeDeviations, describeFailure, isFailed } from './report';
import { loadSeed, openSeeding } from './seed';

const USAGE = `npm run compat -- <folder> [--url <url> [--token <user>=<token>]... [--database-url <url>]]

Replays the recordings of a folder against a stack of its own, or against the server at --url. That one has to hold
the folder's seed, unless --database-url says which database to EMPTY and to seed before each file and scenario.
--token gives a user of the seed another token.
`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      token: { type: 'string', multiple: true },
      'database-url': { type: 'string' },
    },
  });
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0) throw new Error(USAGE);
  // npm runs scripts in the checkout, wherever it was called.
  const recordings = readRecordings(resolve(process.env.INIT_CWD ?? '.', folder));
  const { url, token = [], 'database-url': databaseUrl } = values;
  const running =
    url === undefined
      ? await startOwn(recordings.seed)
      : await useRunning(url.replace(/\/$/, ''), databaseUrl, recordings.seed);
  const results: CaseResult[] = [];
  try {
    const server = { ...running.server, tokens: Object.fromEntries(token.map(splitToken)) };
    for await (const result of replay(recordings, server)) {
      results.push(result);
      if (isFailed(result)) say(describeFailure(result));
    }
  } finally {
    await running.stop();
  }
  for (const line of describeDeviations(results)) say(line);
  const { passed, failed, deviating } = countResults(results);
  say(`${passed} passed, ${failed} failed, ${deviating} deviating`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Running {
  server: Server;
  stop(): Promise<void>;
}

/** An embedded Postgres and an API; no worker, so that jobs stay as they were made. */
async function startOwn(seed: Seed): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'codemint-compat-'));
  const postgres = await startPostgres({ dataDir: folder, log: () => undefined });
  const stops = [() => postgres.stop().finally(() => rmSync(folder, { recursive: true, force: true }))];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const { connectionString } = postgres;
    await migrate(connectionString);
    const stack = await startApps({ connectionString, workers: 0 });
    stops.push(stack.stop);
    const reset = resetter(connectionString, seed);
    stops.push(reset.stop);
    return { server: { url: stack.url, reset: reset.run }, stop };
  } catch (error) {
    // The servers are processes of their own and would stay.
    await stop();
    throw error;
  }
}

async function useRunning(url: string, databaseUrl: string | undefined, seed: Seed): Promise<Running> {
  if (databaseUrl === undefined) return { server: { url, reset: async () => {} }, stop: async () => {} };
  const reset = resetter(databaseUrl, seed);
  return { server: { url, reset: reset.run }, stop: reset.stop };
}

function resetter(connectionString: string, seed: Seed) {
  const database = openSeeding(connectionString);
  return { run: () => loadSeed(database, seed), stop: () => database.close() };
}

function splitToken(given: string): [string, string] {
  const at = given.indexOf('=');
  if (at < 1) throw new Error(`--token ${given}: it has to be <user>=<token>`);
  return [given.slice(0, at), given.slice(at + 1)];
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
