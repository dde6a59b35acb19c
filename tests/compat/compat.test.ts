import { join } from 'node:path';
import type { Database } from '@codemint/db';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type Stack, startApps } from '../support/stack';
import { type Recordings, readRecordings } from './recording';
import { type CaseResult, replay } from './replay';
import { countResults, describeFailure, isFailed } from './report';
import { loadSeed, openSeeding } from './seed';

const RECORDED = join(__dirname, 'recordings');

describe('requests and answers recorded from a real server', () => {
  let database: TestDatabase;
  let seeding: Database;
  let stack: Stack;

  beforeAll(async () => {
    database = await createTestDatabase();
    seeding = openSeeding(database.connectionString);
    stack = await startApps({ connectionString: database.connectionString, workers: 0 });
  });

  afterAll(async () => {
    await stack?.stop();
    await seeding?.close();
    await database?.drop();
  });

  async function replayAll(recordings: Recordings): Promise<CaseResult[]> {
    const results: CaseResult[] = [];
    const server = { url: stack.url, reset: () => loadSeed(seeding, recordings.seed) };
    for await (const result of replay(recordings, server)) results.push(result);
    return results;
  }

  it('are answered alike, but for the rules that are listed', async () => {
    const results = await replayAll(readRecordings(RECORDED));
    expect(results.filter(isFailed).map(describeFailure).join('\n')).toBe('');
    expect(countResults(results).passed).toBeGreaterThan(100);
  });

  it('would be answered by the same rules where jobs are written', async () => {
    const results = await replayAll(readRecordings(join(__dirname, 'writing'), RECORDED));
    expect(results.filter(isFailed).map(describeFailure).join('\n')).toBe('');
    expect(countResults(results)).toMatchObject({ failed: 0, deviating: 17 });
  });
});
