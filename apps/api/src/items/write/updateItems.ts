import { type FieldIssue, ValidationError } from '@codemint/shared';
import type { Collection } from '../collection';
import { readItems } from '../read/readItems';
import { shapeValue } from '../read/shapeValue';
import { forbiddenUpdate } from '../refusals';
import type { Item, Scope } from '../scope';
import { type InputValue, parseInput } from './input';
import { refuseErrors } from './rejections';
import { throwViolation } from './violations';
import type { Change } from './writer';

export interface UpdateRules {
  /** Table that keeps the values. */
  readonly table: string;
  /** Normalises the values to be changed, in place. @returns what is wrong with them */
  adjust(changes: Map<string, InputValue>, key: string): FieldIssue[];
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
    checked.map(({ issues }) => (issues.length > 0 ? [new ValidationError(issues)] : [])),
  );
  const audit = { user_updated: scope.caller.userId, date_updated: new Date() };
  try {
    await scope.context.database.kysely.transaction().execute(async (transaction) => {
      for (const { key, values } of checked) {
        await transaction
          .updateTable(rules.table)
          .set({ ...Object.fromEntries(values), ...audit })
          .where(collection.primaryKey, '=', key)
          .execute();
      }
    });
  } catch (error) {
    throwViolation(error, collection.name);
  }
}

async function readCurrent(
  scope: Scope,
  collection: Collection,
  changes: readonly Change[],
): Promise<ReadonlyMap<unknown, Item>> {
  const fields = new Map(Object.keys(collection.fields).map((name) => [name, null]));
  const keys = changes.map(({ key }) => key);
  const items = await readItems(scope, collection, { fields, keys, limit: null });
  const byKey = new Map(items.map((item) => [item[collection.primaryKey], item]));
  const missing = changes.find(({ key }) => !byKey.has(key));
  if (missing !== undefined) {
    throw forbiddenUpdate(Object.keys(missing.body), collection);
  }
  return byKey;
}

function check(
  collection: Collection,
  rules: UpdateRules,
  current: Item,
  key: string,
  body: Record<string, unknown>,
) {
  const { values, issues } = parseInput(collection, body);
  const changed = new Map<string, InputValue>();
  const found: FieldIssue[] = [...issues];
  for (const [name, value] of values) {
    if (collection.fields[name]?.setBy === 'caller') changed.set(name, value);
    else if (shapeValue(value) !== current[name]) found.push(settled(name, current[name]));
  }
  const known = new Set(found.map(({ field }) => field));
  found.push(...rules.adjust(changed, key).filter(({ field }) => !known.has(field)));
  return { key, values: changed, issues: found };
}

function settled(field: string, value: unknown): FieldIssue {
  return {
    field,
    rule: 'eq',
    message: `Value cannot change: it has to be "${String(value)}".`,
    valid: value,
  };
}
