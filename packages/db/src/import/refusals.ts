import { type CodemintError, NotUniqueError, type RefusedLine } from '@codemint/shared';
import type { PoolClient } from 'pg';
import type { RefusalReason } from './checkStage';

/** More lines than a person reads are not worth their bytes. */
const MAX_REPORTED = 1_000;

/** The refused lines of a file: how many, and the first of them in order. */
export class Refusals {
  #lines: RefusedLine[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get first(): readonly RefusedLine[] {
    return this.#lines;
  }

  /** Lines have to come in order. */
  add(line: number, errors: readonly CodemintError[]): void {
    this.#count++;
    if (this.#lines.length < MAX_REPORTED) this.#lines.push({ line, errors });
  }

  /** Adds the lines that the check of the stage refused. None of them is here already: those never got there. */
  async addStaged(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ count: bigint }>('SELECT count(DISTINCT line) FROM import_refusal');
    this.#count += Number(rows[0]?.count ?? 0n);
    const staged = await firstStaged(client);
    this.#lines = [...this.#lines, ...staged].sort((a, b) => a.line - b.line).slice(0, MAX_REPORTED);
  }
}

interface StagedRefusal {
  line: number;
  reason: RefusalReason;
  first_line: number | null;
  code: string;
  id: string;
}

async function firstStaged(client: PoolClient): Promise<RefusedLine[]> {
  const { rows } = await client.query<StagedRefusal>(
    `SELECT r.line, r.reason, r.first_line, l.code, l.id
       FROM (SELECT DISTINCT line FROM import_refusal ORDER BY line LIMIT ${MAX_REPORTED}) AS f
       JOIN import_refusal r USING (line) JOIN import_line l USING (line) ORDER BY r.line, r.reason`,
  );
  const errors = new Map<number, CodemintError[]>();
  for (const row of rows) errors.set(row.line, [...(errors.get(row.line) ?? []), errorOf(row)]);
  return [...errors].map(([line, found]) => ({ line, errors: found }));
}

function errorOf({ reason, first_line, code, id }: StagedRefusal): NotUniqueError {
  switch (reason) {
    case 'twin_code':
      return new NotUniqueError('unique_code', 'code', code, `Line ${first_line} has it already.`);
    case 'twin_id':
      return new NotUniqueError('unique_code', 'id', id, `Line ${first_line} has it already.`);
    case 'registered':
      return new NotUniqueError('unique_code', 'code', code, 'It came in from elsewhere before.');
    case 'given_out':
      return new NotUniqueError('unique_code', 'code', code, 'It was given out here.');
    case 'id_taken':
      return new NotUniqueError('unique_code', 'id', id, 'Another code has it.');
  }
}
