import type { Caller, NewJob } from '@codemint/db';
import { type CodemintError, DEFAULT_LINK_HOST, type JobType, ValidationError } from '@codemint/shared';
import type { KnownDomain } from '../../../domains/onlyDomains';
import { identifierJob } from '../../collections/identifierJob';
import { FieldErrors } from '../fieldErrors';
import { type Input, integerOf, textOf } from '../input';
import { missing } from '../issues';
import { type References, resolveAccount } from '../references';
import { JOB_DEFAULTS, jobIssues, SGTIN_96_DEFAULTS } from './jobIssues';

/** A job as it would be made, and everything that speaks against it. */
export interface JobDraft {
  readonly job: NewJob;
  readonly errors: readonly CodemintError[];
}

export interface JobReferences extends References {
  /** The domain of each account that has exactly one. */
  readonly onlyDomains: ReadonlyMap<string, KnownDomain>;
}

/** Puts together what the caller sent, the defaults and what the job refers to, and checks it against all rules. */
export function draftJob(
  input: Input,
  references: JobReferences,
  caller: Caller,
  maxQuantity: number,
): JobDraft {
  const errors = new FieldErrors(input.issues);
  const accountId = resolveAccount(identifierJob, input, references, errors);
  const job = buildJob(input, references, caller, accountId);
  checkPlan(job, input, errors, maxQuantity);
  return { job, errors: errors.all() };
}

function buildJob({ values }: Input, references: JobReferences, caller: Caller, accountId: string): NewJob {
  const type = (textOf(values, 'type') ?? 'sgtin') as JobType;
  const only = references.onlyDomains.get(accountId);
  const given = references.domains.get(textOf(values, 'domain') ?? '');
  const domain = given ?? (type === 'short_code' ? only : undefined);
  const epc = textOf(values, 'epc') as NewJob['epc'];
  const defaults = epc === null ? JOB_DEFAULTS : SGTIN_96_DEFAULTS;
  return {
    id: textOf(values, 'id'),
    userId: caller.userId,
    accountId,
    referenceId: textOf(values, 'reference_id'),
    type,
    length: integerOf(values, 'length') ?? defaults.length,
    // One that is missing is refused before it counts.
    quantity: integerOf(values, 'quantity') ?? 1,
    characterSet: textOf(values, 'character_set') ?? defaults.characterSet,
    product: textOf(values, 'product'),
    domainId: domain?.id ?? null,
    domainName: domain?.name ?? null,
    linkHost: domain?.name ?? only?.name ?? DEFAULT_LINK_HOST,
    ssccCompanyPrefix: textOf(values, 'sscc_company_prefix'),
    ssccExtensionDigit: integerOf(values, 'sscc_extension_digit') ?? (type === 'sscc' ? 0 : null),
    ssccStartSerial: startSerial(values, type),
    epc,
  };
}

/** Left out it is 0 in name, as documented; for SSCCs it then means the lowest that is free. */
function startSerial(values: Input['values'], type: JobType): bigint | null {
  const sent = values.get('sscc_start_serial');
  if (sent === undefined) return type === 'sscc' ? null : 0n;
  return sent === null ? null : BigInt(sent);
}

/** What the rules about codes say. */
function checkPlan(job: NewJob, { values }: Input, errors: FieldErrors, maxQuantity: number): void {
  if ((values.get('quantity') ?? null) === null) {
    errors.add('quantity', new ValidationError([missing('quantity')]));
  }
  // Of a type that is none, nothing but the quantity can be judged.
  const isJudged = (field: string) => !errors.has('type') || field === 'quantity';
  // A product that is not there needs no word on its form.
  const product = errors.has('product') ? null : job.product;
  for (const issue of jobIssues({ ...job, product }, maxQuantity)) {
    if (isJudged(issue.field)) errors.judge(issue, values.get(issue.field));
  }
}
