import type { CodeStatus, Move, MoveCondition } from '@codemint/db';
import type { CodeSet } from './codeSet';
import type { CodePage } from './codeSource';

/** Where a code stands. */
export interface CodePlace {
  id: string;
  batchId: bigint;
  place: number;
  /** It came from outside. */
  isSupplied: boolean;
}

/** Where certain codes stand, each of them once. */
export class CodePlaces {
  readonly #generated = new Map<bigint, number[]>();
  /** Ids by places. */
  readonly #supplied = new Map<bigint, Map<number, string>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ id, batchId, place, isSupplied }: CodePlace): void {
    if (isSupplied) this.#addSupplied(batchId, place, id);
    else this.#addGenerated(batchId, [place]);
  }

  addPage(page: CodePage): void {
    if (page.kind === 'generated') this.#addGenerated(page.batch.batchId, page.run.places);
    else for (const { code } of page.codes) this.#addSupplied(code.batchId, code.place, code.id);
  }

  #addGenerated(batchId: bigint, places: ArrayLike<number>): void {
    const known = this.#generated.get(batchId) ?? [];
    this.#generated.set(batchId, known);
    for (let i = 0; i < places.length; i++) known.push(places[i] as number);
    this.#count += places.length;
  }

  #addSupplied(batchId: bigint, place: number, id: string): void {
    const known = this.#supplied.get(batchId) ?? new Map<number, string>();
    this.#supplied.set(batchId, known.set(place, id));
    this.#count += 1;
  }

  /** What gives all of them a status, as far as they meet the condition then. */
  moves(status: CodeStatus, condition: MoveCondition = {}): Move[] {
    const generated = [...this.#generated].map(([batchId, places]) => {
      return { batchId, isSupplied: false, places, status, ...condition };
    });
    const supplied = [...this.#supplied].map(([batchId, ids]) => {
      return { batchId, isSupplied: true, places: [...ids.keys()], status, ...condition };
    });
    return [...generated, ...supplied];
  }

  /** All of them. */
  set(): CodeSet {
    const supplied = [...this.#supplied.values()].flatMap((ids) => [...ids.values()]);
    return setOf(this.#generated, supplied);
  }

  /** Those that such moves have moved. @param moved the places that each did */
  setOfMoved(moves: readonly Move[], moved: readonly (readonly number[])[]): CodeSet {
    const generated = new Map<bigint, readonly number[]>();
    const supplied: string[] = [];
    for (const [i, { batchId, isSupplied }] of moves.entries()) {
      const places = moved[i] ?? [];
      if (!isSupplied) generated.set(batchId, places);
      else for (const place of places) supplied.push(this.#supplied.get(batchId)?.get(place) as string);
    }
    return setOf(generated, supplied);
  }
}

function setOf(generated: ReadonlyMap<bigint, readonly number[]>, supplied: string[]): CodeSet {
  return {
    generated: new Map(
      [...generated].map(([batchId, places]) => [batchId, Float64Array.from(places).sort()]),
    ),
    supplied: supplied.sort(),
  };
}
