import { once } from 'node:events';
import { parseSettings } from '@codemint/shared';
import { makeSample, type SampleOptions } from './sample/makeSample';
import { CleanUp, type Stack, startStack } from './stack';
import { StartError } from './startError';

const NO_SAMPLE = '--no-sample';

/** Runs the stack until it is told to stop. */
async function main(args: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const stopping = new AbortController();
  const cleanUp = new CleanUp();
  listenForSignals(stopping, cleanUp);
  try {
    const unknown = args.find((argument) => argument !== NO_SAMPLE);
    if (unknown !== undefined) throw new StartError(`Unknown option ${unknown}: there is ${NO_SAMPLE} only.`);
    const settings = parseSettings(environment);
    const { signal } = stopping;
    const stack = await startStack({ settings, environment, log: console.log, signal }, cleanUp);
    const ownToken = environment.CODEMINT_ADMIN_TOKEN ? '$CODEMINT_ADMIN_TOKEN' : stack.secrets.adminToken;
    console.log(describe(stack, ownToken));
    if (!args.includes(NO_SAMPLE)) await trySample({ stack, shownToken: ownToken, log: console.log, signal });
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!stopping.signal.aborted) {
      process.exitCode = 1;
      console.error((error as Error).message);
    }
  }
  await cleanUp.run();
  process.exit();
}

/** Without its sample the stack is of use all the same; the next start completes it. */
async function trySample(options: SampleOptions): Promise<void> {
  try {
    await makeSample(options);
  } catch (error) {
    if (!options.signal.aborted) options.log(`The sample could not be made: ${(error as Error).message}`);
  }
}

/** The first signal stops everything in order; a second one does not wait for what the apps are at. */
function listenForSignals(stopping: AbortController, cleanUp: CleanUp): void {
  const onSignal = () => {
    if (stopping.signal.aborted) cleanUp.hurry();
    else {
      console.log('\nStopping');
      stopping.abort();
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  // A terminal that was closed must not keep the rest from being stopped.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

function describe({ url, dataDir }: Stack, shownToken: string): string {
  return `
Codemint is running; Ctrl-C stops it.
  API          ${url}
  Docs         ${url}/docs
  Dashboard    ${url}/admin/queues (password: the admin token)
  Admin token  ${shownToken}
  Data, logs   ${dataDir}
`;
}

void main(process.argv.slice(2), process.env);
