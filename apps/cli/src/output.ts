import type { Command } from 'commander';
import type { Terminal } from './context';

type Row = Record<string, string | number | boolean | Date | null>;

/** Whether the caller asked for JSON, before or after the command's name. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** Answers a list: a table with these columns for people, all fields for scripts. */
export function answerList<R extends object>(
  terminal: Terminal,
  command: Command,
  rows: R[],
  columns: (keyof R & string)[],
): void {
  if (wantsJson(command)) answerJson(terminal, rows);
  else terminal.write(table(rows as Row[], columns));
}

export function answerJson(terminal: Terminal, value: object): void {
  terminal.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Columns as wide as their widest value, two spaces apart, under their names. */
function table(rows: Row[], columns: string[]): string {
  const cells = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function show(value: Row[string] | undefined): string {
  if (value instanceof Date) return value.toISOString();
  return value === null || value === undefined ? '-' : String(value);
}
