import { createReservations, type KeyedRequest, releaseReservations } from '@codemint/db';
import { codeReservation } from '../../collections/codeReservation';
import { findMissing } from '../../presence';
import { forbiddenAction } from '../../refusals';
import type { Scope } from '../../scope';
import { parseInput } from '../input';
import { loadReferences } from '../references';
import { refuseErrors } from '../rejections';
import { updateItems } from '../updateItems';
import type { Submission, Writer } from '../writer';
import { draftReservation } from './draftReservation';

/** Reservations are made with their codes, change in nothing but what they are for, and give their codes back. */
export const reservationWriter: Writer = {
  create: createFromBodies,
  takesKeys: true,
  update: (scope, changes) =>
    updateItems(scope, codeReservation, { table: codeReservation.name, adjust: () => [] }, changes),
  remove: release,
};

async function createFromBodies(
  scope: Scope,
  submission: Submission,
  keyed?: KeyedRequest,
): Promise<string[]> {
  const { context, caller } = scope;
  const inputs = submission.bodies.map((body) => parseInput(codeReservation, body));
  const references = await loadReferences(scope, inputs);
  const { CODEMINT_MAX_QUANTITY: maxQuantity } = context.settings;
  const drafts = inputs.map((input) => draftReservation(input, references, caller, maxQuantity));
  refuseErrors(
    submission,
    drafts.map(({ errors }) => errors),
  );
  const reservations = drafts.map(({ reservation }) => reservation);
  return createReservations(context.database, reservations, keyed);
}

async function release(scope: Scope, keys: readonly string[]): Promise<void> {
  if ((await findMissing(scope, codeReservation, keys)).length > 0) {
    throw forbiddenAction('delete', codeReservation);
  }
  await releaseReservations(scope.context.database, keys);
}
