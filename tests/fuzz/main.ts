import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '@codemint/db';
import { startPostgres } from '@codemint/local';
import { describeReport } from './report';
import { fuzz } from './run';

const USAGE = `npm run fuzz -- [--requests <number>] [--seed <number>]

Sends random and mutated requests to a stack of its own and tells what must not be: a 500, a hang, a crash, an answer
without its envelope, a database that does not keep its word. The same seed makes the same requests.
`;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { requests: { type: 'string' }, seed: { type: 'string' } },
  });
  const requests = wholeNumber(values.requests ?? '20000');
  const seed = wholeNumber(values.seed ?? String(Math.floor(Math.random() * 2 ** 31)));
  say(`seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'codemint-fuzz-'));
  const server = await startPostgres({ dataDir: folder, log: () => undefined });
  try {
    await migrate(server.connectionString);
    const report = await fuzz({ connectionString: server.connectionString, seed, requests });
    for (const line of describeReport(report)) say(line);
    process.exitCode = report.findings.length + report.faults.length > 0 ? 1 : 0;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$|^[12]\d{9}$/.test(text)) return Number(text);
  throw new Error(USAGE);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
