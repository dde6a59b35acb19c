import { Agent } from 'node:http';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type Stack, startApps } from '../support/stack';
import cases from './cases.json';
import { faultOf } from './judge';
import { processFaults, SETTINGS } from './run';
import { send, type WireRequest } from './wire';
import { World } from './world';

const ANSWER_MS = 15_000;

/** What the fuzz has found, each once as it was sent: none of it may come back. */
describe('requests that were once answered wrongly', () => {
  let database: TestDatabase;
  let stack: Stack;
  let world: World;
  const agent = new Agent();
  beforeAll(async () => {
    database = await createTestDatabase();
    stack = await startApps({ connectionString: database.connectionString, environment: SETTINGS });
    world = await World.make(database.connectionString, stack);
  });
  afterAll(async () => {
    agent.destroy();
    await stack?.stop();
    await database?.drop();
  });

  test.each(cases.map(({ about, wire }) => [about, wire] as const))('%s', async (_about, wire) => {
    const request = wire as unknown as WireRequest;
    const answer = await send(stack.url, agent, request, world.names, ANSWER_MS);
    expect(faultOf(request, answer)).toBeUndefined();
    expect(processFaults(stack)).toEqual([]);
  });
});
