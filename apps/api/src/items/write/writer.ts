import type { KeyedRequest } from '@codemint/db';
import type { Scope } from '../scope';

/** What is to be made: one item, or a list of them. */
export interface Submission {
  readonly bodies: readonly Record<string, unknown>[];
  readonly isList: boolean;
}

/** What is to be changed in one item. */
export interface Change {
  readonly key: string;
  readonly body: Record<string, unknown>;
}

/** How the items of a collection are written. Each call does all or nothing. */
export interface Writer {
  /**
   * @param keyed the request, where its caller may repeat it: then it is served once
   * @returns the new items' primary keys
   */
  create(scope: Scope, submission: Submission, keyed?: KeyedRequest): Promise<string[]>;
  /** Whether `create` heeds `keyed`. */
  readonly takesKeys?: boolean;
  update(scope: Scope, changes: readonly Change[]): Promise<void>;
  remove(scope: Scope, keys: readonly string[]): Promise<void>;
}
