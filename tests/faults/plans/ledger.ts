/** In which table what a request makes is found, and by which of its columns. */
export const MARKED = {
  identifier_job: { marker: 'reference_id', quantity: 'quantity' },
  adi_order: { marker: 'purchase_order', quantity: 'quantity' },
  adi_order_event: { marker: 'tags[1]', quantity: 'cardinality(numbers)' },
  code_reservation: { marker: 'reference_id', quantity: 'quantity' },
} as const;

export type Collection = keyof typeof MARKED;

/** What became of a request, as far as its client knows. */
export type Outcome = 'accepted' | 'refused' | 'deleted' | 'unknown';

/** What a client asks for. */
export interface Asked {
  collection: Collection;
  /** Of this request alone. */
  marker: string;
  /** Of each thing that it asks for. */
  quantities: readonly number[];
}

/** What a client remembers of a request. */
export interface Entry extends Asked {
  outcome: Outcome;
  /** Of what it made, where that was answered. */
  ids: readonly string[];
}

/** What a client remembers of an import: all its codes begin alike. */
export interface ImportEntry {
  prefix: string;
  quantity: number;
  outcome: Outcome;
}

/** All that clients have asked for, and what they were promised. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly imports: ImportEntry[] = [];

  /** Before the request is sent: until its answer is there nobody knows. One that is repeated stands there once. */
  enter(asked: Asked): Entry {
    const known = this.entries.find(({ marker }) => marker === asked.marker);
    if (known !== undefined) return known;
    const entry: Entry = { ...asked, outcome: 'unknown', ids: [] };
    this.entries.push(entry);
    return entry;
  }
}
