import type { Caller } from '@codemint/db';

/** Types as the dialect names them in its messages. `bigInteger` has 64 bits, `integer` 32; `float` is a double. */
export type FieldType = 'uuid' | 'string' | 'integer' | 'bigInteger' | 'float' | 'boolean' | 'timestamp';

/**
 * Who gives a field its value: the caller at any time, the caller once at creation, or the server alone (what a
 * caller sends is ignored).
 */
export type SetBy = 'caller' | 'creator' | 'server';

export interface Field {
  readonly type: FieldType;
  readonly description: string;
  readonly setBy: SetBy;
  /** Collection whose primary key this holds. */
  readonly relation?: string;
  readonly nullable?: boolean;
  /** Answered where it is named, in `fields`, a filter or a sort: never part of `*`, of a plain read or of a search. */
  readonly onRequest?: boolean;
  /** The only values there are. */
  readonly values?: readonly string[];
  /** A sentence on why a value that one might expect is not among them. */
  readonly whyNoOther?: string;
  /** `values` may be written in upper or lower case. */
  readonly ignoreCase?: boolean;
  /** Names of `values` that are kept by the name of another one of them. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** A new item needs a value. */
  readonly isRequired?: boolean;
  readonly example?: unknown;
}

/** One collection as the engine needs to know it: everything else follows from this. */
export interface Collection {
  readonly name: string;
  /** What one item is called in the API's description. */
  readonly title: string;
  /** What several are called, where that is not `title` with an s. */
  readonly plural?: string;
  readonly description: string;
  /** Table or view with a column of each field's name. */
  readonly source: string;
  readonly primaryKey: string;
  /** Column of the account that a row belongs to; it decides who sees the row. */
  readonly accountColumn: string;
  /** In the order of a plain read. */
  readonly fields: Readonly<Record<string, Field>>;
  /**
   * Lists of the items that refer to one of these, by name; the collection that they are of. They are never part of a
   * plain read. How each is read stands in `lists/`.
   */
  readonly lists?: Readonly<Record<string, string>>;
  /** What becomes of others when an item is deleted: a sentence or two. */
  readonly onDelete?: string;
  /** Read by administrators alone. */
  readonly administratorsOnly?: boolean;
}

/** The field of that name; undefined if there is none (a plain object has more names than its own). */
export function findField(collection: Collection, name: string): Field | undefined {
  return Object.hasOwn(collection.fields, name) ? collection.fields[name] : undefined;
}

export function pluralOf({ title, plural = `${title}s` }: Collection): string {
  return plural;
}

export function mayRead(caller: Caller, collection: Collection): boolean {
  return !collection.administratorsOnly || caller.role === 'admin';
}

/** A primary key that a caller may bring. */
export const ID_FIELD: Field = {
  type: 'uuid',
  setBy: 'creator',
  description: 'Primary key; made by the server if left out.',
};

/** The account of an item that a caller may name when it makes the item. */
export function accountField(description: string): Field {
  return { type: 'uuid', setBy: 'creator', relation: 'account', description };
}

/** The audit fields that nearly every collection has. */
export const AUDIT_FIELDS = {
  user_created: auditUser('made'),
  date_created: auditDate('made'),
  user_updated: auditUser('last changed'),
  date_updated: auditDate('last changed'),
} as const satisfies Record<string, Field>;

function auditUser(what: string): Field {
  return {
    type: 'uuid',
    setBy: 'server',
    nullable: true,
    relation: 'users',
    description: `User who ${what} the item.`,
  };
}

function auditDate(what: string): Field {
  const description = `When the item was ${what}, ISO 8601 in UTC.`;
  return { type: 'timestamp', setBy: 'server', nullable: true, description };
}
