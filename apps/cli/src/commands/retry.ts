import { type RetriedWork, retryFailed } from '@codemint/db';
import type { Command } from 'commander';
import { openQueue, type Terminal, withDatabase } from '../context';
import { CommandError } from '../errors';
import { answerJson, wantsJson } from '../output';

const ENQUEUE_TIMEOUT_MS = 3_000;

export function addRetryCommand(program: Command, terminal: Terminal): void {
  program
    .command('retry')
    .description('try again what has failed of a job, an order or an event; again it changes nothing')
    .argument('<job>', 'id of an identifier job, an ADI order or an event of one')
    .action(async (id: string, _options, command: Command) => {
      const retried = await withDatabase(terminal, (database) => retryFailed(database, id));
      if (retried === undefined) throw new CommandError(`There is no job, order or event "${id}".`);
      const { work, unsettled } = retried;
      if (work.length + unsettled === 0) {
        throw new CommandError(`Nothing of "${id}" has failed: there is nothing to try again.`);
      }
      const obstacle = await enqueue(terminal, work);
      if (wantsJson(command)) {
        answerJson(terminal, { ...countsOf(retried), queued: obstacle === undefined });
      } else {
        terminal.write(`Tried again: ${inWords(retried)}.\n`);
      }
      if (obstacle !== undefined) {
        terminal.note(
          `The queue cannot be reached (${obstacle}): workers will find the work within 30 seconds.\n`,
        );
      }
    });
}

/** @returns why the queue has not taken the work, undefined when it has */
async function enqueue({ environment }: Terminal, work: RetriedWork['work']): Promise<string | undefined> {
  if (work.length === 0) return undefined;
  const queue = openQueue(environment);
  try {
    await queue.add(work, { timeoutMs: ENQUEUE_TIMEOUT_MS });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await queue.close();
  }
}

function countsOf({ work, unsettled }: RetriedWork) {
  const slices = work.filter((one) => 'sliceId' in one).length;
  const events = work.filter((one) => 'event' in one).length;
  return { slices, registrations: work.length - slices - events, events, unsettled };
}

function inWords(retried: RetriedWork): string {
  const { slices, registrations, events, unsettled } = countsOf(retried);
  return [
    ...(slices > 0 ? [`${slices} ${slices === 1 ? 'slice' : 'slices'} to be made`] : []),
    ...(registrations > 0 ? ['its ids to be registered'] : []),
    ...(events > 0 ? ['its actions to be taken'] : []),
    ...(unsettled > 0 ? ['the codes that it lacks, which a worker allots within seconds'] : []),
  ].join(', ');
}
