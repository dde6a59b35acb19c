import { batchesOfJobOrOrder, type Difference, type StockSelection, verifyStock } from '@codemint/db';
import type { Command } from 'commander';
import { findKeyRing, type Terminal, withDatabase } from '../context';
import { CommandError } from '../errors';
import { answerJson, wantsJson } from '../output';

/** Codes between two words on the progress. */
const PROGRESS_CODES = 1_000_000;

/** Of JSON, which is written at the end; lines for people are written at once. */
const MOST_KEPT = 1_000;

const WRONG_USAGE = 2;

export function addVerifyCommand(program: Command, terminal: Terminal): void {
  program
    .command('verify')
    .description('make stored codes again from their pools and tell what differs; changes nothing')
    .argument('[job or order]', 'id of an identifier job or ADI order')
    .option('--all', 'all codes there are')
    .action(async (id: string | undefined, { all = false }: { all?: boolean }, command: Command) => {
      if (all === (id !== undefined)) {
        command.error('error: name either a job or order, or --all', { exitCode: WRONG_USAGE });
      }
      const ring = findKeyRing(terminal.environment);
      const listener = new Listener(terminal, wantsJson(command));
      const startMs = performance.now();
      const { batches, codes } = await withDatabase(terminal, async (database) => {
        const selection: StockSelection = id === undefined ? 'all' : await batchesOfJobOrOrder(database, id);
        if (selection !== 'all' && selection.length === 0) {
          command.error(`error: there is no job or order "${id}"`, { exitCode: WRONG_USAGE });
        }
        return verifyStock(database, ring, selection, listener);
      });
      listener.sumUp({ batches, codes, seconds: (performance.now() - startMs) / 1_000 });
    });
}

interface Figures {
  batches: number;
  codes: number;
  seconds: number;
}

/** Writes differences as they are found. */
class Listener {
  #count = 0;
  /** Of those: pools whose master key is not there. */
  #undecided = 0;
  #notedCodes = 0;
  readonly #kept: Difference[] = [];

  constructor(
    private readonly terminal: Terminal,
    private readonly asJson: boolean,
  ) {}

  readonly onDifference = (difference: Difference): void => {
    this.#count++;
    if (difference.batchId === null) this.#undecided++;
    if (!this.asJson) this.terminal.write(`${lineOf(difference)}\n`);
    else if (this.#kept.length < MOST_KEPT) this.#kept.push(difference);
  };

  readonly onProgress = ({ batches, codes }: Omit<Figures, 'seconds'>): void => {
    if (codes < this.#notedCodes + PROGRESS_CODES) return;
    this.#notedCodes = codes;
    this.terminal.note(`${codes} codes of ${batches} batches verified\n`);
  };

  /** @throws CommandError when there are differences, or not everything could be verified */
  sumUp({ batches, codes, seconds }: Figures): void {
    if (this.asJson) {
      const differences = this.#kept.map(({ batchId, ...rest }) => ({
        batch: batchId === null ? null : Number(batchId),
        ...rest,
      }));
      answerJson(this.terminal, { batches, codes, seconds, differences: this.#count, listed: differences });
    } else {
      this.terminal.write(
        `${codes} codes of ${batches} batches in ${seconds.toFixed(1)} s: ${this.#found()}.\n`,
      );
    }
    if (this.#count > this.#undecided) {
      throw new CommandError('What is stored differs from what was given out.');
    }
    if (this.#undecided > 0)
      throw new CommandError('Codes could not be verified: their master key is needed.');
  }

  #found(): string {
    const differing = this.#count - this.#undecided;
    const undecided = this.#undecided === 0 ? [] : [`${this.#undecided} pools could not be verified`];
    if (differing > 0) return [`${differing} differences`, ...undecided].join(', ');
    return undecided[0] ?? 'nothing differs';
  }
}

function lineOf({ batchId, owner, where, what, shouldBe }: Difference): string {
  const batch = batchId === null ? '' : `batch ${batchId}${owner === null ? '' : ` (${owner})`}: `;
  return `${batch}${where}: ${what}${shouldBe === null ? '' : `, should be ${shouldBe}`}`;
}
