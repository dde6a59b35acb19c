import { ForbiddenError } from '@codemint/shared';
import type { Place } from './place';

/** Fields that a query names but that are not there for the caller; all those of one place are told at once. */
export class UnknownFields {
  readonly #byPath = new Map<string, { collection: string; fields: Set<string> }>();

  /** @param place where the field was looked up, and the relations that led there */
  add(place: Pick<Place, 'collection' | 'base' | 'path'>, field: string): void {
    const { collection, base, path } = place;
    const where = [...base, ...path].join('.');
    const found = this.#byPath.get(where) ?? { collection: collection.name, fields: new Set() };
    this.#byPath.set(where, found);
    found.fields.add(field);
  }

  /** @throws ForbiddenError if there are any */
  refuse(): void {
    for (const [path, { collection, fields }] of this.#byPath) {
      const names = [...fields].map((field) => `"${field}"`).join(', ');
      const [noun, it] = fields.size === 1 ? ['field', 'it does'] : ['fields', 'they do'];
      const where = path === '' ? 'root' : `"${path}"`;
      throw new ForbiddenError(
        `You don't have permission to access ${noun} ${names} in collection "${collection}" or ${it} not exist. Queried in ${where}.`,
      );
    }
  }
}
