import type { Caller, NewReservation } from '@codemint/db';
import type { CodemintError } from '@codemint/shared';
import { codeReservation } from '../../collections/codeReservation';
import { FieldErrors } from '../fieldErrors';
import { type Input, integerOf, textOf } from '../input';
import { outsideRange } from '../issues';
import { type References, resolveAccount } from '../references';
import { subjectIssues } from '../subject';

/** Of the codes of identifier jobs; both ends inclusive. */
const LENGTHS = [6, 20] as const;

/** A reservation as it would be made, and everything that speaks against it. */
export interface ReservationDraft {
  readonly reservation: NewReservation;
  readonly errors: readonly CodemintError[];
}

export function draftReservation(
  input: Input,
  references: References,
  caller: Caller,
  maxQuantity: number,
): ReservationDraft {
  const { values } = input;
  const errors = new FieldErrors(input.issues);
  const accountId = resolveAccount(codeReservation, input, references, errors);
  const domain = references.domains.get(textOf(values, 'domain') ?? '');
  const reservation: NewReservation = {
    id: textOf(values, 'id'),
    userId: caller.userId,
    accountId,
    product: textOf(values, 'product'),
    domain: domain === undefined ? null : { id: domain.id, name: domain.name },
    characterSet: textOf(values, 'character_set'),
    length: integerOf(values, 'length'),
    // One that is missing is refused before it counts.
    quantity: integerOf(values, 'quantity') ?? 1,
    allowPartial: values.get('allow_partial') === true,
    reservedFor: textOf(values, 'reserved_for'),
    referenceId: textOf(values, 'reference_id'),
    purchaseOrder: textOf(values, 'purchase_order'),
    exportType: (textOf(values, 'export_type') ?? 'csv') as NewReservation['exportType'],
  };
  const issues = [
    ...subjectIssues(values, (field) => errors.has(field)),
    ...outsideRange('quantity', values.get('quantity'), [1, maxQuantity]),
    ...(reservation.length === null ? [] : outsideRange('length', reservation.length, LENGTHS)),
  ];
  for (const issue of issues) errors.judge(issue, values.get(issue.field));
  return { reservation, errors: errors.all() };
}
