import { ForbiddenError } from '@codemint/shared';
import type { Collection } from './collection';

/** For a field that does not exist or that the caller may not see. `path`: the relations it was reached by. */
export function unknownField(collection: Collection, field: string, path: readonly string[]): ForbiddenError {
  const where = path.length === 0 ? 'root' : `"${path.join('.')}"`;
  return new ForbiddenError(
    `You don't have permission to access field "${field}" in collection "${collection.name}" or it does not exist. Queried in ${where}.`,
  );
}

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
