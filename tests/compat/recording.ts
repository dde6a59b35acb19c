import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A request as it was recorded. */
export interface RecordedRequest {
  method: string;
  /** With its query, exactly as it was sent. */
  path: string;
  /** `none`, the name of a user of the seed, or `token:` and a token. */
  auth: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  rawBody?: string;
  headers?: Record<string, string>;
}

export interface RecordedResponse {
  status: number;
  /** Those worth comparing, by name in lower case. */
  headers?: Record<string, string>;
  /** Of a JSON answer. */
  body?: unknown;
  /** Of any other answer. */
  text?: string;
}

export interface RecordedCase {
  name: string;
  request: RecordedRequest;
  response: RecordedResponse;
}

/** Cases that run one after the other on one fresh seed. */
export interface Unit {
  /** File, and scenario if it has any. */
  title: string;
  cases: readonly RecordedCase[];
}

export type SeedRow = Readonly<Record<string, unknown>>;

export interface SeedUser {
  id: string;
  email: string;
  first_name?: string | null;
  last_name?: string | null;
  role: string;
  token: string;
  /** None: sees every account. */
  account?: string | null;
}

/** The data that cases run on: users by name, and the rows of collections. */
export interface Seed {
  users: Readonly<Record<string, SeedUser>>;
  account?: readonly SeedRow[];
  product?: readonly SeedRow[];
  domain?: readonly SeedRow[];
  identifier_job?: readonly SeedRow[];
  unique_code?: readonly SeedRow[];
}

/** A request that the platform's SDK sent to a server that only listened. */
export interface SdkRequest {
  /** What was called, such as `readItems(fields)`. */
  call: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

export interface Recordings {
  seed: Seed;
  units: readonly Unit[];
  sdkRequests: readonly SdkRequest[];
}

const SEED_FILE = 'seed.json';

/**
 * Reads a folder of recordings. What a file holds is known by its form: a list of cases, a list of scenarios, or a log
 * of the SDK's requests.
 * @param seedFolder where the seed is, if it is elsewhere
 * @throws Error that names the file that is none of these, or that is missing
 */
export function readRecordings(folder: string, seedFolder = folder): Recordings {
  const seed = readJson(join(seedFolder, SEED_FILE)) as Seed;
  const units: Unit[] = [];
  const sdkRequests: SdkRequest[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.json') || file === SEED_FILE) continue;
    const content = readJson(join(folder, file));
    if (isLog(content)) sdkRequests.push(...content.log);
    else units.push(...readUnits(file, content));
  }
  return { seed, units, sdkRequests };
}

function readUnits(file: string, content: unknown): Unit[] {
  if (!Array.isArray(content)) throw new Error(`${file} holds neither cases nor scenarios`);
  const cases = content.filter(isCase);
  const scenarios = content.filter(isScenario).map((one) => ({
    title: `${file} › ${one.scenario}`,
    cases: one.steps,
  }));
  if (cases.length + scenarios.length !== content.length) {
    throw new Error(`${file} holds something that is neither a case nor a scenario`);
  }
  return cases.length > 0 ? [{ title: file, cases }, ...scenarios] : scenarios;
}

function isCase(value: unknown): value is RecordedCase {
  return isObject(value) && isObject(value.request) && isObject(value.response);
}

function isScenario(value: unknown): value is { scenario: string; steps: RecordedCase[] } {
  return isObject(value) && Array.isArray(value.steps) && value.steps.every(isCase);
}

function isLog(value: unknown): value is { log: SdkRequest[] } {
  return isObject(value) && Array.isArray(value.log);
}

/** Whether it is an object and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
