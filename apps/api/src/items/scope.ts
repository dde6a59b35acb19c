import type { Caller } from '@codemint/db';
import type { ApiContext } from '../context';

/** What a request to the collections works with: everything, and who asks. */
export interface Scope {
  readonly context: ApiContext;
  readonly caller: Caller;
}

/** An item as it is answered. */
export type Item = Record<string, unknown>;
