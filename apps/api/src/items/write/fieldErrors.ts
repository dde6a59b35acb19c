import { type CodemintError, type FieldIssue, ValidationError } from '@codemint/shared';
import type { InputValue } from './input';

/** At most one error a field: the first says most. */
export class FieldErrors {
  readonly #byField = new Map<string, CodemintError>();

  /** @param issues what is wrong with the form of the values */
  constructor(issues: readonly FieldIssue[]) {
    for (const issue of issues) this.add(issue.field, new ValidationError([issue]));
  }

  has(field: string): boolean {
    return this.#byField.has(field);
  }

  add(field: string, error: CodemintError): void {
    if (!this.#byField.has(field)) this.#byField.set(field, error);
  }

  /** What a collection's rules say of a value: of a number they know the limits better than its type does. */
  judge(issue: FieldIssue, value: InputValue | undefined): void {
    const error = new ValidationError([issue]);
    if (typeof value === 'number') this.#byField.set(issue.field, error);
    else this.add(issue.field, error);
  }

  all(): CodemintError[] {
    return [...this.#byField.values()];
  }
}
