import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, endOrphanApps, runApp } from '../src/apps';
import { listProcesses, signal } from '../src/processes';
import { waitUntil } from '../src/wait';

const DEADLINE_MS = 20_000;

let dataDir: string;
let apps: App[];
let lines: string[];

beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'codemint-apps-')));
  apps = [];
  lines = [];
});

afterEach(async () => {
  for (const app of apps) app.kill();
  await Promise.all(apps.map((app) => app.stop()));
  rmSync(dataDir, { recursive: true, force: true });
});

const log = (line: string) => void lines.push(line);

function run(program: string): App {
  const entry = join(dataDir, 'app.js');
  writeFileSync(entry, program);
  const app = runApp({ name: 'worker', entry, dataDir, environment: process.env, log, onRestart: () => {} });
  apps.push(app);
  return app;
}

async function until(condition: () => boolean): Promise<void> {
  expect(await waitUntil(condition, DEADLINE_MS)).toBe(true);
}

function output(): string {
  return readFileSync(join(dataDir, 'logs', 'worker.log'), 'utf8');
}

function processesOfFolder(): number {
  return listProcesses().filter(({ args }) => args.includes(dataDir)).length;
}

const READY = `console.log('ready'); setInterval(() => {}, 1000);`;

test('starts an app again that ends by itself, with one line about it', async () => {
  const app = run(READY);
  await until(() => output() === 'ready\n');
  const first = app.pid();
  signal(first ?? 0, 'SIGKILL');
  await until(() => output() === 'ready\nready\n');
  expect(app.pid()).not.toBe(first);
  expect(app.failures()).toBe(1);
  expect(lines).toEqual([
    `The worker has ended (SIGKILL); it starts again in 0.5 s. See ${join(dataDir, 'logs', 'worker.log')}`,
  ]);
});

test('lets an app end its work when it stops', async () => {
  const app = run(
    `process.on('SIGTERM', () => setTimeout(() => { console.log('done'); process.exit(); }, 100)); ${READY}`,
  );
  await until(() => output() === 'ready\n');
  await app.stop();
  expect(output()).toBe('ready\ndone\n');
  expect(lines).toEqual([]);
  expect(processesOfFolder()).toBe(0);
});

test('does not wait for an app when it is told to hurry', async () => {
  const app = run(`process.on('SIGTERM', () => console.log('no')); ${READY}`);
  await until(() => output() === 'ready\n');
  const stopped = app.stop();
  await until(() => output() === 'ready\nno\n');
  app.kill();
  await stopped;
  expect(processesOfFolder()).toBe(0);
});

test('ends what an earlier run left behind on the same folder, and nothing else', async () => {
  run(READY);
  await until(() => output() === 'ready\n');
  await endOrphanApps(join(dataDir, 'another'), log);
  expect(lines).toEqual([]);
  const left = listProcesses().filter(({ args }) => args === `codemint worker ${dataDir}`);
  expect(left).toHaveLength(1);

  await endOrphanApps(dataDir, log);
  expect(lines[0]).toBe('Ending the apps that an earlier run left behind');
  expect(listProcesses().some(({ pid }) => pid === left[0]?.pid)).toBe(false);
});
