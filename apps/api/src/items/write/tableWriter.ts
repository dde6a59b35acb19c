import { firstAccountId } from '@codemint/db';
import { type FieldIssue, ValidationError } from '@codemint/shared';
import type { Collection } from '../collection';
import { findMissing } from '../presence';
import { forbiddenAction } from '../refusals';
import type { Scope } from '../scope';
import { type InputValue, parseInput } from './input';
import { refuseErrors } from './rejections';
import { updateItems } from './updateItems';
import { throwViolation } from './violations';
import type { Submission, Writer } from './writer';

/** The values of a row that is about to be made, by column. */
export type NewRow = Map<string, InputValue>;

export interface TableRules {
  /** Completes and normalises a new row, in place. @returns what is wrong with it */
  complete(row: NewRow): FieldIssue[];
  /** The same for the values that are to be changed in a row with this primary key. */
  adjust(changes: NewRow, key: string): FieldIssue[];
}

/** A statement has at most 65,535 parameters. */
const ROWS_AT_ONCE = 1000;

/** Writes the items of a collection that is one table with a hidden owner. */
export function tableWriter(collection: Collection, rules: TableRules): Writer {
  return {
    create: (scope, submission) => createRows(scope, collection, rules, submission),
    update: (scope, changes) =>
      updateItems(scope, collection, { table: collection.name, adjust: rules.adjust }, changes),
    remove: (scope, keys) => removeRows(scope, collection, keys),
  };
}

async function createRows(
  scope: Scope,
  collection: Collection,
  rules: TableRules,
  submission: Submission,
): Promise<string[]> {
  const checked = submission.bodies.map((body) => checkRow(collection, rules, body));
  refuseErrors(
    submission,
    checked.map(({ issues }) => (issues.length > 0 ? [new ValidationError(issues)] : [])),
  );
  const { database } = scope.context;
  const owner = {
    account_id: scope.caller.accountId ?? (await firstAccountId(database)),
    user_created: scope.caller.userId,
  };
  const rows = checked.map(({ row }) => ({ ...Object.fromEntries(row), ...owner }));
  try {
    await database.kysely.transaction().execute(async (transaction) => {
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        const values = rows.slice(from, from + ROWS_AT_ONCE);
        await transaction.insertInto(collection.name).values(values).execute();
      }
    });
  } catch (error) {
    throwViolation(error, collection.name);
  }
  return checked.map(({ row }) => String(row.get(collection.primaryKey)));
}

function checkRow(collection: Collection, rules: TableRules, body: Record<string, unknown>) {
  const { values, issues } = parseInput(collection, body);
  const row: NewRow = new Map(values);
  const known = new Set(issues.map(({ field }) => field));
  const found = rules.complete(row).filter(({ field }) => !known.has(field));
  // Every row has every column: one statement inserts them all.
  for (const [name, field] of Object.entries(collection.fields)) {
    if (field.setBy !== 'server' && !row.has(name)) row.set(name, null);
  }
  return { row, issues: [...issues, ...found] };
}

async function removeRows(scope: Scope, collection: Collection, keys: readonly string[]): Promise<void> {
  if ((await findMissing(scope, collection, keys)).length > 0) throw forbiddenAction('delete', collection);
  try {
    await scope.context.database.kysely
      .deleteFrom(collection.name)
      .where((eb) => eb(collection.primaryKey, '=', eb.fn.any(eb.val(keys))))
      .execute();
  } catch (error) {
    throwViolation(error, collection.name);
  }
}
