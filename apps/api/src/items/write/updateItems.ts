import { changeRows } from '@codemint/db';
import type { CodemintError, FieldIssue } from '@codemint/shared';
import type { Collection, Field } from '../collection';
import { readItems } from '../read/readItems';
import { shapeValue } from '../read/shapeValue';
import { forbiddenUpdate } from '../refusals';
import type { Item, Scope } from '../scope';
import { FieldErrors } from './fieldErrors';
import { type InputValue, parseInput } from './input';
import { missing } from './issues';
import { refuseErrors } from './rejections';
import { throwViolation } from './violations';
import type { Change } from './writer';

export interface UpdateRules {
  /** Table that keeps the values. */
  readonly table: string;
  /** Normalises the values to be changed, in place. @returns what is wrong with them */
  adjust(changes: Map<string, InputValue>, current: Item): FieldIssue[];
}

/**
 * Changes items, all or none. What the server sets is ignored; what was settled when the item was made may be sent
 * again but not changed.
 * @throws ForbiddenError if the caller does not see one of them, RejectedItemsError, NotUniqueError
 */
export async function updateItems(
  scope: Scope,
  collection: Collection,
  rules: UpdateRules,
  changes: readonly Change[],
): Promise<void> {
  const items = await readCurrent(scope, collection, changes);
  const checked = changes.map(({ key, body }) => check(collection, rules, items.get(key) as Item, key, body));
  refuseErrors(
    { isList: changes.length > 1 },
    checked.map(({ errors }) => errors),
  );
  const audit = { user_updated: scope.caller.userId, date_updated: new Date() };
  try {
    await changeRows(scope.context.database, async (transaction) => {
      // Always in the same order, so that two requests never wait for each other's rows.
      for (const { key, values } of checked.sort(byKey)) {
        await transaction
          .updateTable(rules.table)
          .set({ ...Object.fromEntries(values), ...audit })
          .where(collection.primaryKey, '=', key)
          .execute();
      }
    });
  } catch (error) {
    throwViolation(error, collection);
  }
}

function byKey(a: { key: string }, b: { key: string }): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

async function readCurrent(
  scope: Scope,
  collection: Collection,
  changes: readonly Change[],
): Promise<ReadonlyMap<unknown, Item>> {
  const fields = new Map(Object.keys(collection.fields).map((name) => [name, null]));
  const keys = changes.map(({ key }) => key);
  const items = await readItems(scope, collection, { fields, keys, limit: null });
  const current = new Map(items.map((item) => [item[collection.primaryKey], item]));
  const absent = changes.find(({ key }) => !current.has(key));
  if (absent !== undefined) throw forbiddenUpdate(Object.keys(absent.body), collection);
  return current;
}

function check(
  collection: Collection,
  rules: UpdateRules,
  current: Item,
  key: string,
  body: Record<string, unknown>,
): { key: string; values: Map<string, InputValue>; errors: CodemintError[] } {
  const { values, issues } = parseInput(collection, body);
  const errors = new FieldErrors(issues);
  const changed = new Map<string, InputValue>();
  for (const [name, value] of values) {
    const { setBy, nullable } = collection.fields[name] as Field;
    if (setBy !== 'caller') {
      if (shapeValue(value) !== current[name]) errors.judge(settled(name, current[name]), undefined);
    } else if (value === null && !nullable) errors.judge(missing(name), value);
    else changed.set(name, value);
  }
  for (const issue of rules.adjust(changed, current)) errors.judge(issue, changed.get(issue.field));
  return { key, values: changed, errors: errors.all() };
}

function settled(field: string, value: unknown): FieldIssue {
  return {
    field,
    rule: 'eq',
    message: `Value cannot change: it has to be "${String(value)}".`,
    valid: value,
  };
}
