import { runCommand } from './program';

async function main(): Promise<void> {
  process.exitCode = await runCommand(process.argv.slice(2), {
    environment: process.env,
    write: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
  });
}

void main();
