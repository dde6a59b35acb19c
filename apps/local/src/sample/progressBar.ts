const WIDTH = 30;
const numbers = new Intl.NumberFormat('en-US');

export interface ProgressBar {
  show(created: number): void;
  /** Leaves the last state on a line of its own. */
  finish(): void;
}

/**
 * A bar with count and rate (codes a second since it was made). On a terminal it redraws its line; elsewhere only
 * the last state is written.
 */
export function progressBar(quantity: number, output: NodeJS.WriteStream): ProgressBar {
  const startedAt = performance.now();
  let line = '';
  return {
    show: (created) => {
      line = drawBar(created, quantity, (performance.now() - startedAt) / 1000);
      if (output.isTTY) output.write(`\r${line}\x1b[K`);
    },
    finish: () => {
      output.write(output.isTTY ? '\n' : `${line}\n`);
    },
  };
}

function drawBar(created: number, quantity: number, seconds: number): string {
  const filled = Math.floor((created / quantity) * WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  const rate = seconds > 0 ? Math.round(created / seconds) : 0;
  return `${bar} ${numbers.format(created)} of ${numbers.format(quantity)} codes, ${numbers.format(rate)} a second`;
}
