/** One line of the table that a benchmark prints. */
export interface Row {
  what: string;
  measured: string;
  /** What was aimed at. */
  target: string;
  met: boolean | undefined;
}

/** A Markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ what, measured, target, met }) =>
      `| ${what} | ${measured} | ${target} | ${met === undefined ? '' : met ? 'yes' : 'no'} |`,
  );
  return ['| what | measured | target | met |', '|---|---|---|---|', ...lines].join('\n');
}

export function ms(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;
}

export function times(value: number): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ×`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
