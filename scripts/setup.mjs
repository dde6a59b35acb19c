// Makes a checkout ready to run: installs, generates and builds what is not up to date. Uses nothing but Node and
// npx, so that it works before anything is installed. What it says goes to standard error.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export const PNPM = 'pnpm@12.21.0';
const NODE_MINIMUM = [20, 19];
const APPS = ['apps/api', 'apps/worker', 'apps/local', 'apps/cli'];
/** A step says that it runs when it has taken this long. */
const QUIET_MS = 700;

/**
 * Brings the checkout up to date, or ends the process with the reason and exit code 1.
 * @param projects folders of the TypeScript projects to build, with all that they refer to
 */
export async function setUp(projects = APPS) {
  checkNode();
  await install();
  await generate();
  await step('Building', process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-b',
    ...projects,
  ]);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor >= NODE_MINIMUM[1])) return;
  fail(`Codemint needs Node ${NODE_MINIMUM.join('.')} or newer; this is ${process.versions.node}.`);
}

async function install() {
  const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'].map(read);
  const fingerprint = digest([...inputs, process.platform, process.arch]);
  await unlessDone(join(root, 'node_modules', '.codemint-installed'), fingerprint, () =>
    step('Installing', 'npx', ['-y', PNPM, 'install', '--frozen-lockfile']),
  );
}

/** The generator wants an engine that it does not use and would download: any program stands in for it. */
async function generate() {
  const schema = join('prisma', 'schema.prisma');
  const database = join('packages', 'db');
  const fingerprint = digest([read(schema), read(join(database, 'package.json'))]);
  await unlessDone(join(root, database, 'src', 'generated', '.made-from'), fingerprint, () =>
    step(
      'Generating',
      process.execPath,
      [join(database, 'node_modules', 'prisma', 'build', 'index.js'), 'generate', '--schema', schema],
      { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    ),
  );
}

/** Runs the work unless the stamp, written after it, says that it was done for the same inputs. */
async function unlessDone(stamp, fingerprint, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  await work();
  writeFileSync(stamp, fingerprint);
}

/** Runs a program with its output kept back; a failure shows the output and ends this process. */
async function step(label, command, args, env = {}) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    process.stderr.write(`${label}…`);
  }, QUIET_MS);
  const { status, output } = await run(command, args, env);
  clearTimeout(timer);
  if (status !== 0) fail(`${shown ? '\n' : ''}${output}\n${label} failed.`);
  if (shown) process.stderr.write(` ${seconds()} s\n`);
}

function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      // With NODE_ENV=production the tools that build would not be installed; CI keeps pnpm from asking questions.
      env: { ...process.env, CI: '1', NODE_ENV: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => resolve({ status: 1, output: error.message }));
    child.once('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString().trim() }));
  });
}

function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

function digest(parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
