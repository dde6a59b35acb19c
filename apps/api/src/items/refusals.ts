import { ForbiddenError } from '@codemint/shared';
import type { Collection } from './collection';

/** For a caller who may not do this at all, or not to this item. */
export function forbiddenAction(action: 'create' | 'delete', collection: Collection): ForbiddenError {
  return new ForbiddenError(
    `You don't have permission to perform "${action}" for collection "${collection.name}" or it does not exist.`,
  );
}

/** The same for a change of fields. */
export function forbiddenUpdate(fields: readonly string[], collection: Collection): ForbiddenError {
  const names = fields.map((field) => `"${field}"`).join(', ');
  return new ForbiddenError(
    `You don't have permissions to perform "update" for the field(s) ${names} in collection "${collection.name}" or it does not exist.`,
  );
}
