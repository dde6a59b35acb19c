import { randomUUID } from 'node:crypto';
import { changeRows } from '@codemint/db';
import type { CodemintError, FieldIssue } from '@codemint/shared';
import type { Collection } from '../collection';
import { findMissing } from '../presence';
import { forbiddenAction } from '../refusals';
import type { Item, Scope } from '../scope';
import { FieldErrors } from './fieldErrors';
import { type Input, type InputValue, parseInput } from './input';
import { loadReferences, type References, resolveAccount } from './references';
import { refuseErrors } from './rejections';
import { updateItems } from './updateItems';
import { throwViolation } from './violations';
import type { Submission, Writer } from './writer';

/** The values of a row that is about to be made, by column. */
export type NewRow = Map<string, InputValue>;

/** What an installation allows. */
export interface Limits {
  readonly maxQuantity: number;
}

export interface TableRules {
  /**
   * Completes and normalises a new row, in place.
   * @param isRefused whether a field's value is known to be wrong: nothing more needs to be said of it
   * @returns what is wrong with the row
   */
  complete(row: NewRow, limits: Limits, isRefused: (field: string) => boolean): FieldIssue[];
  /** The same for the values that are to be changed in an item. */
  adjust(changes: NewRow, current: Item, limits: Limits): FieldIssue[];
}

/** A statement has at most 65,535 parameters. */
const ROWS_AT_ONCE = 1000;

/** Writes the items of a collection that is one table. */
export function tableWriter(collection: Collection, rules: TableRules): Writer {
  return {
    create: (scope, submission) => createRows(scope, collection, rules, submission),
    update(scope, changes) {
      const adjust = (values: NewRow, current: Item) => rules.adjust(values, current, limitsOf(scope));
      return updateItems(scope, collection, { table: collection.name, adjust }, changes);
    },
    remove: (scope, keys) => removeRows(scope, collection, keys),
  };
}

function limitsOf({ context }: Scope): Limits {
  return { maxQuantity: context.settings.CODEMINT_MAX_QUANTITY };
}

async function createRows(
  scope: Scope,
  collection: Collection,
  rules: TableRules,
  submission: Submission,
): Promise<string[]> {
  const inputs = submission.bodies.map((body) => parseInput(collection, body));
  const references = await loadReferences(scope, inputs);
  const drafts = inputs.map((input) => draftRow(collection, rules, input, references, limitsOf(scope)));
  refuseErrors(
    submission,
    drafts.map(({ errors }) => errors),
  );
  const rows = drafts.map(({ row }) => ({
    ...Object.fromEntries(row),
    user_created: scope.caller.userId,
  }));
  try {
    await changeRows(scope.context.database, async (transaction) => {
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        const values = rows.slice(from, from + ROWS_AT_ONCE);
        await transaction.insertInto(collection.name).values(values).execute();
      }
    });
  } catch (error) {
    throwViolation(error, collection);
  }
  return drafts.map(({ row }) => String(row.get(collection.primaryKey)));
}

function draftRow(
  collection: Collection,
  rules: TableRules,
  input: Input,
  references: References,
  limits: Limits,
): { row: NewRow; errors: CodemintError[] } {
  const errors = new FieldErrors(input.issues);
  const account = resolveAccount(collection, input, references, errors);
  const row: NewRow = new Map(input.values);
  row.set(collection.accountColumn, account);
  for (const [name, field] of Object.entries(collection.fields)) {
    // Every row has every column: one statement inserts them all.
    if (field.setBy !== 'server' && !row.has(name)) row.set(name, null);
  }
  const { primaryKey } = collection;
  if (collection.fields[primaryKey]?.type === 'uuid')
    row.set(primaryKey, row.get(primaryKey) ?? randomUUID());
  const isRefused = (field: string) => errors.has(field);
  for (const issue of rules.complete(row, limits, isRefused))
    errors.judge(issue, input.values.get(issue.field));
  return { row, errors: errors.all() };
}

async function removeRows(scope: Scope, collection: Collection, keys: readonly string[]): Promise<void> {
  if ((await findMissing(scope, collection, keys)).length > 0) throw forbiddenAction('delete', collection);
  try {
    await changeRows(scope.context.database, async (transaction) => {
      await transaction
        .deleteFrom(collection.name)
        .where((eb) => eb(collection.primaryKey, '=', eb.fn.any(eb.val(keys))))
        .execute();
    });
  } catch (error) {
    throwViolation(error, collection);
  }
}
