import { type KeyRing, RefusedLinesError } from '@codemint/shared';
import { type CodeImport, type Database, type ImportedCodes, type ImportLine, importCodes } from '../src';

export type Given = Omit<ImportLine, 'line'>;

/** Imports these lines, numbered from 1, as somebody who sees every account. */
export function importLines(
  database: Database,
  ring: KeyRing,
  lines: Iterable<Given>,
  more: Partial<CodeImport> = {},
): Promise<ImportedCodes> {
  return importCodes(database, ring, { accountId: null, userId: null, lines: numbered(lines), ...more });
}

async function* numbered(lines: Iterable<Given>): AsyncGenerator<ImportLine> {
  let line = 0;
  for (const given of lines) yield { line: ++line, ...given };
}

/** What an import is refused for: `line field message`. */
export async function refusalsOf(imported: Promise<unknown>): Promise<string[]> {
  const error = await refusedBy(imported);
  return error.refused.flatMap(({ line, errors }) =>
    errors.map((one) => {
      const { field = '', issues = [] } = one as { field?: string; issues?: { field: string }[] };
      return `${line} ${field || issues.map((issue) => issue.field).join()} ${one.message}`;
    }),
  );
}

export async function refusedBy(imported: Promise<unknown>): Promise<RefusedLinesError> {
  const error = await imported.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof RefusedLinesError) return error;
  throw error ?? new Error('It was not refused.');
}
