import { ForbiddenError } from '@codemint/shared';
import type { Response } from 'express';
import type { Answer } from '../http/route';
import { codeReservation } from '../items/collections/codeReservation';
import { requireKey } from '../items/presence';
import { plainFields } from '../items/query/parseQuery';
import { readItems } from '../items/read/readItems';
import type { Scope } from '../items/scope';
import { downloadFileName } from './fileName';
import { answerCodes } from './listCodes';

/**
 * Sends the codes of a reservation as a file in its format, as an export of the codes themselves.
 * @param asked `fields` as of a list, or `columns` and `filter_value`
 * @throws ForbiddenError when the reservation is not there or not the caller's, or for an unknown field
 */
export async function exportReservation(
  scope: Scope,
  id: string,
  { fields, columns, filter_value }: Readonly<Record<string, unknown>>,
  response: Response,
): Promise<Answer> {
  const key = requireKey(codeReservation, id);
  const [reservation] = await readItems(scope, codeReservation, {
    fields: plainFields(['account', 'purchase_order', 'reference_id', 'export_type']),
    keys: [key],
  });
  if (reservation === undefined) throw new ForbiddenError();
  const names = [reservation.purchase_order, reservation.reference_id] as (string | null)[];
  const format = String(reservation.export_type);
  const asked = { fields, columns, filter_value };
  const parameters = { ...asked, filter: { reservation: { _eq: key } }, limit: -1, export: format };
  const accountId = reservation.account as string;
  return answerCodes(scope, parameters, response, {
    fileName: downloadFileName(key, names, format),
    audited: { collection: codeReservation.name, item: key, accountId },
  });
}
