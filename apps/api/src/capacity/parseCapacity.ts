import type { CapacityRequest } from '@codemint/db';
import { ForbiddenError, UnknownReferenceError } from '@codemint/shared';
import { identifierJob } from '../items/collections/identifierJob';
import type { Scope } from '../items/scope';
import { integerOf, parseInput } from '../items/write/input';
import { draftJob } from '../items/write/jobs/draftJob';
import { loadJobReferences } from '../items/write/jobs/jobWriter';
import { refuseErrors } from '../items/write/rejections';

/** The parameters, as the fields of a job are called. */
export const CAPACITY_PARAMETERS = [
  'type',
  'product',
  'domain',
  'character_set',
  'length',
  'quantity',
  'sscc_company_prefix',
  'sscc_extension_digit',
  'epc',
] as const;

export type CapacityQuery = Partial<Record<(typeof CAPACITY_PARAMETERS)[number], unknown>>;

/** What is asked about, by the rules of identifier jobs, and whose it is. */
export interface AskedCapacity extends CapacityRequest {
  domainId: string | null;
}

/**
 * Reads a question about capacity: all rules and defaults are those of a job, but that the quantity may be left out
 * or 0.
 * @throws ForbiddenError where product or domain is not the caller's; RejectedItemsError for all that is wrong
 */
export async function parseCapacity(scope: Scope, query: CapacityQuery): Promise<AskedCapacity> {
  const named = Object.fromEntries(CAPACITY_PARAMETERS.map((name) => [name, query[name]]));
  const { values, issues } = parseInput(identifierJob, named);
  const quantity = integerOf(values, 'quantity') ?? 0;
  const least = 'Value has to be greater than or equal to "0".';
  const negative = quantity < 0 ? [{ field: 'quantity', rule: 'gte', message: least, valid: 0 }] : [];
  // The rules of jobs are about one code then: how many there may be at once does not matter here.
  const input = { values: new Map(values).set('quantity', 1), issues: [...negative, ...issues] };
  const references = await loadJobReferences(scope, [input]);
  const { job, errors } = draftJob(input, references, scope.caller, 1);
  if (errors.some((error) => error instanceof UnknownReferenceError)) throw new ForbiddenError();
  refuseErrors({ isList: false }, [errors]);
  return { ...job, quantity };
}
