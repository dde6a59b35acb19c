import {
  CHARACTER_SETS,
  type FieldIssue,
  findCharacterSet,
  type JobType,
  MAX_NUMERIC_SERIAL,
  MAX_SGTIN_96_LENGTH,
  type PoolShape,
  parseProductKey,
  ssccBlock,
  ValidationError,
} from '@codemint/shared';
import type { SsccRange } from '../allotment/allotSscc';
import { MAX_LENGTH, type NamespaceKey } from '../pools/namespaces';

/** What decides the codes of an identifier job. */
export interface JobPlanRequest {
  type: JobType;
  length: number;
  quantity: number;
  characterSet: string;
  /** Id of the product, a Digital Link path. */
  product: string | null;
  domainName: string | null;
  ssccCompanyPrefix: string | null;
  ssccExtensionDigit: number | null;
  /** Null: the lowest free. */
  ssccStartSerial: bigint | null;
  /** EPC scheme that the serials have to fit; null for any serials. */
  epc: 'sgtin-96' | null;
}

/** Where a job's codes come from: a pool, or a range of SSCCs. */
export type JobPlan =
  | { kind: 'pool'; namespace: NamespaceKey; shape: PoolShape }
  | { kind: 'sscc'; range: SsccRange };

/** Fewest characters of a job's codes. */
export const MIN_LENGTH = 6;

/**
 * Decides which codes a job makes.
 * @param maxQuantity the installation's limit
 * @throws ValidationError with one issue for each field that is wrong
 */
export function planJob(request: JobPlanRequest, maxQuantity: number): JobPlan {
  const issues: FieldIssue[] = [];
  between(issues, 'quantity', request.quantity, 1, maxQuantity);
  if (request.epc !== null) checkSgtin96(request, issues);
  const plan = request.type === 'sscc' ? planSscc(request, issues) : planPool(request, request.type, issues);
  if (issues.length > 0 || plan === undefined) throw new ValidationError(issues);
  return plan;
}

function planPool(
  request: JobPlanRequest,
  type: Exclude<JobType, 'sscc'>,
  issues: FieldIssue[],
): JobPlan | undefined {
  if (request.epc === null) between(issues, 'length', request.length, MIN_LENGTH, MAX_LENGTH[type]);
  const set = findCharacterSet(request.characterSet);
  if (set === undefined) throw new Error(`unknown character set ${request.characterSet}`);
  const namespace =
    type === 'short_code' ? domainNamespace(request, issues) : productNamespace(request, type, issues);
  if (namespace === undefined) return undefined;
  return {
    kind: 'pool',
    namespace,
    shape: {
      prefix: '',
      alphabet: set.alphabet,
      length: request.length,
      suffix: '',
      algorithm: request.epc === null ? 'ff1-aes256-1' : 'ff1-aes256-sgtin96-1',
    },
  };
}

/** SGTIN-96 has 38 bits for a number, and no place for how many digits it had (TDS 2, section 14.6.1). */
function checkSgtin96({ type, characterSet, length }: JobPlanRequest, issues: FieldIssue[]): void {
  const rule = `SGTIN-96 holds serials of digits without leading zero, at most ${MAX_NUMERIC_SERIAL}.`;
  if (type !== 'sgtin') {
    issues.push({ field: 'epc', rule: 'type', message: `Only a job of type "sgtin" can have this value.` });
    return;
  }
  if (findCharacterSet(characterSet)?.alphabet !== CHARACTER_SETS.numeric) {
    const message = `Value has to be "numeric": ${rule}`;
    issues.push({ field: 'character_set', rule: 'in', valid: ['numeric'], message });
  }
  between(issues, 'length', length, MIN_LENGTH, MAX_SGTIN_96_LENGTH, rule);
}

function productNamespace(
  request: JobPlanRequest,
  type: 'sgtin' | 'grai',
  issues: FieldIssue[],
): NamespaceKey | undefined {
  if (request.product === null) {
    issues.push({ field: 'product', rule: 'required', message: `A job of type "${type}" needs a product.` });
    return undefined;
  }
  const parsed = parseProductKey(request.product);
  if (parsed?.kind === type) return { kind: type, key: parsed.key };
  const right = type === 'sgtin' ? '/01/ and a GTIN of 14 digits' : '/8003/0 and the 13 digits of a GRAI';
  issues.push({
    field: 'product',
    rule: 'product_key',
    message: `A job of type "${type}" needs a product whose id is ${right}.`,
  });
  return undefined;
}

function domainNamespace(request: JobPlanRequest, issues: FieldIssue[]): NamespaceKey | undefined {
  if (request.domainName !== null) return { kind: 'short_code', key: request.domainName };
  issues.push({
    field: 'domain',
    rule: 'required',
    message:
      'A job of type "short_code" needs a domain; it may be left out only where the account has exactly one.',
  });
  return undefined;
}

function planSscc(request: JobPlanRequest, issues: FieldIssue[]): JobPlan | undefined {
  const companyPrefix = request.ssccCompanyPrefix;
  const extensionDigit = request.ssccExtensionDigit ?? 0;
  if (companyPrefix === null || !/^\d{4,12}$/.test(companyPrefix)) {
    issues.push({
      field: 'sscc_company_prefix',
      rule: companyPrefix === null ? 'required' : 'regex',
      message: 'A job of type "sscc" needs a GS1 company prefix of 4 to 12 digits.',
    });
  }
  between(issues, 'sscc_extension_digit', extensionDigit, 0, 9);
  if (issues.length > 0 || companyPrefix === null) return undefined;
  const { size } = ssccBlock(extensionDigit, companyPrefix);
  const startSerial = request.ssccStartSerial;
  if (startSerial !== null) between(issues, 'sscc_start_serial', startSerial, 0n, size - 1n);
  const most = size - (startSerial ?? 0n);
  if (issues.length === 0 && BigInt(request.quantity) > most) {
    issues.push({
      field: 'quantity',
      rule: 'lte',
      message: `A company prefix of ${companyPrefix.length} digits leaves ${size} serials, ${most} from this start on: value has to be less than or equal to "${most}".`,
      valid: Number(most),
    });
  }
  return { kind: 'sscc', range: { companyPrefix, extensionDigit, startSerial, count: request.quantity } };
}

function between(
  issues: FieldIssue[],
  field: string,
  value: number | bigint,
  min: number | bigint,
  max: number | bigint,
  why?: string,
): void {
  const rule = value < min ? 'gte' : value > max ? 'lte' : undefined;
  if (rule === undefined) return;
  const [word, bound] = rule === 'gte' ? ['greater', min] : ['less', max];
  issues.push({
    field,
    rule,
    valid: Number(bound),
    message: [`Value has to be ${word} than or equal to "${bound}".`, why].filter(Boolean).join(' '),
  });
}
