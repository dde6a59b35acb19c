import type { Caller, NewJob } from '@codemint/db';
import { planJob } from '@codemint/db';
import {
  type CodemintError,
  DEFAULT_LINK_HOST,
  type FieldIssue,
  type JobType,
  UnknownReferenceError,
  ValidationError,
} from '@codemint/shared';
import type { Input, InputValue } from '../input';
import type { References } from './references';

const DEFAULT_LENGTH = 8;

/** A job as it would be made, and everything that speaks against it. */
export interface JobDraft {
  readonly job: NewJob;
  readonly errors: readonly CodemintError[];
}

/** Puts together what the caller sent, the defaults and what the job refers to, and checks it against all rules. */
export function draftJob(
  input: Input,
  references: References,
  caller: Caller,
  maxQuantity: number,
): JobDraft {
  const errors = new FieldErrors();
  for (const issue of input.issues) errors.add(issue.field, new ValidationError([issue]));
  const accountId = resolveAccount(input, references, errors);
  const job = buildJob(input, references, caller, accountId);
  checkPlan(job, input, errors, maxQuantity);
  return { job, errors: errors.all() };
}

/** At most one error a field: the first says most. */
class FieldErrors {
  readonly #byField = new Map<string, CodemintError>();

  has(field: string): boolean {
    return this.#byField.has(field);
  }

  add(field: string, error: CodemintError): void {
    if (!this.#byField.has(field)) this.#byField.set(field, error);
  }

  replace(field: string, error: CodemintError): void {
    this.#byField.set(field, error);
  }

  all(): CodemintError[] {
    return [...this.#byField.values()];
  }
}

/** The account of its product, else of its domain, else the one in the body, else the caller's. */
function resolveAccount({ values }: Input, references: References, errors: FieldErrors): string {
  const product = referred(values, 'product', references.products, errors);
  const domain = referred(values, 'domain', references.domains, errors);
  const sent = text(values, 'account');
  if (sent !== null && !references.accounts.has(sent)) {
    errors.add('account', new UnknownReferenceError('identifier_job', 'account', sent));
  }
  if (product !== undefined && domain !== undefined && product !== domain.accountId) {
    errors.add(
      'domain',
      ValidationError.of('domain', 'eq', "Value has to be a domain of the product's account."),
    );
  }
  const owner = product ?? domain?.accountId;
  if (owner !== undefined && sent !== null && sent !== owner) {
    const message = `Value has to be "${owner}", the account of the job's ${product ? 'product' : 'domain'}.`;
    errors.add('account', ValidationError.of('account', 'eq', message, owner));
  }
  return owner ?? (sent !== null && references.accounts.has(sent) ? sent : references.homeAccountId);
}

function referred<Known>(
  values: Input['values'],
  field: string,
  known: ReadonlyMap<string, Known>,
  errors: FieldErrors,
): Known | undefined {
  const key = text(values, field);
  if (key === null) return undefined;
  const found = known.get(key);
  if (found === undefined) errors.add(field, new UnknownReferenceError('identifier_job', field, key));
  return found;
}

function buildJob({ values }: Input, references: References, caller: Caller, accountId: string): NewJob {
  const type = (text(values, 'type') ?? 'sgtin') as JobType;
  const only = references.onlyDomains.get(accountId);
  const given = references.domains.get(text(values, 'domain') ?? '');
  const domain = given ?? (type === 'short_code' ? only : undefined);
  return {
    id: text(values, 'id'),
    userId: caller.userId,
    accountId,
    referenceId: text(values, 'reference_id'),
    type,
    length: integer(values, 'length') ?? DEFAULT_LENGTH,
    // One that is missing is refused before it counts.
    quantity: integer(values, 'quantity') ?? 1,
    characterSet: text(values, 'character_set') ?? 'alphanumeric',
    product: text(values, 'product'),
    domainId: domain?.id ?? null,
    domainName: domain?.name ?? null,
    linkHost: domain?.name ?? only?.name ?? DEFAULT_LINK_HOST,
    ssccCompanyPrefix: text(values, 'sscc_company_prefix'),
    ssccExtensionDigit: integer(values, 'sscc_extension_digit') ?? (type === 'sscc' ? 0 : null),
    ssccStartSerial: startSerial(values, type),
  };
}

/** Left out it is 0 in name, as documented; for SSCCs it then means the lowest that is free. */
function startSerial(values: Input['values'], type: JobType): bigint | null {
  const sent = values.get('sscc_start_serial');
  if (sent === undefined) return type === 'sscc' ? null : 0n;
  return sent === null ? null : BigInt(sent);
}

/** What the rules about codes say. Where they know a field's limits better than its type does, they win. */
function checkPlan(job: NewJob, { values }: Input, errors: FieldErrors, maxQuantity: number): void {
  if ((values.get('quantity') ?? null) === null) {
    errors.add('quantity', ValidationError.of('quantity', 'required', 'Value is required.'));
  }
  // Of a type that is none, nothing but the quantity can be judged.
  const isJudged = (field: string) => !errors.has('type') || field === 'quantity';
  // A product that is not there needs no word on its form.
  const product = errors.has('product') ? null : job.product;
  for (const issue of planIssues({ ...job, product }, maxQuantity)) {
    const error = new ValidationError([issue]);
    if (!isJudged(issue.field)) continue;
    if (typeof values.get(issue.field) === 'number') errors.replace(issue.field, error);
    else errors.add(issue.field, error);
  }
}

function planIssues(job: NewJob, maxQuantity: number): readonly FieldIssue[] {
  try {
    planJob(job, maxQuantity);
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.issues;
    throw error;
  }
}

function text(values: ReadonlyMap<string, InputValue>, field: string): string | null {
  const value = values.get(field) ?? null;
  return value === null ? null : String(value);
}

function integer(values: ReadonlyMap<string, InputValue>, field: string): number | null {
  const value = values.get(field) ?? null;
  return value === null ? null : Number(value);
}
