import { CHARACTER_SET_NAMES } from '@codemint/shared';
import { ownerOf } from './owners';
import { isObject, type RecordedRequest, type Seed } from './recording';
import { keyOf } from './world';

/** Set by the server alone: a PATCH of them is accepted and changes nothing. */
export const SYSTEM_FIELDS: ReadonlySet<string> = new Set([
  'user_created',
  'date_created',
  'user_updated',
  'date_updated',
  'status',
  'quantity_created',
  'error_message',
]);

const TYPES = ['sgtin', 'grai', 'sscc', 'short_code'];
const RELATIONS = ['account', 'product', 'domain'];
const LEAST_LENGTH = 6;
const MOST_LENGTH: Readonly<Record<string, number>> = { grai: 16 };
const MOST_QUANTITY = 1_000_000;

type Body = Record<string, unknown>;

/** The body of a request, if it is JSON. */
export function sentBody({ body, rawBody }: RecordedRequest): unknown {
  if (typeof rawBody !== 'string') return body;
  try {
    return JSON.parse(rawBody);
  } catch {
    return undefined;
  }
}

/** The one body of a request, or those of its list. */
export function bodiesOf(body: unknown): Body[] {
  return (Array.isArray(body) ? body : [body]).filter(isObject);
}

/** Ids of the jobs that a request names in its path or its body. */
export function targetsOf(request: RecordedRequest): string[] {
  const key = keyOf(request.path);
  if (key !== undefined) return [key];
  if (request.method === 'POST') return [];
  const body = sentBody(request);
  const listed = isObject(body) ? body.keys : body;
  if (!Array.isArray(listed)) return [];
  return listed
    .map((one) => (isObject(one) ? one.id : one))
    .filter((one): one is string => typeof one === 'string');
}

export interface Change {
  id: string;
  values: Body;
}

/** What a PATCH asks to change. @param changed ids of what the recorded server changed, for a PATCH by query */
export function changesOf(request: RecordedRequest, changed: readonly string[]): Change[] {
  const { path } = request;
  const body = sentBody(request);
  if (Array.isArray(body)) {
    return body.filter(isObject).map(({ id, ...values }) => ({ id: String(id), values }));
  }
  if (!isObject(body)) return [];
  if (keyOf(path) !== undefined) return [{ id: keyOf(path) as string, values: body }];
  const values = isObject(body.data) ? body.data : {};
  const ids = Array.isArray(body.keys) ? targetsOf(request) : changed;
  return ids.map((id) => ({ id, values }));
}

/** Fields of a new job that this server refuses and the recorded one, which makes no codes, takes. */
export function refusedFields(body: Body, seed: Seed): string[] {
  const type = body.type ?? 'sgtin';
  const refused = new Set(RELATIONS.filter((field) => isObject(body[field])));
  const refuseUnless = (field: string, isRight: boolean) => {
    if (!isRight) refused.add(field);
  };
  refuseUnless('quantity', isWithin(body.quantity, 1, MOST_QUANTITY));
  refuseUnless('character_set', isCharacterSet(body.character_set ?? 'alphanumeric'));
  refuseUnless('type', TYPES.includes(String(type)));
  refuseUnless('account', isOwnAccount(body, seed));
  if (refused.has('type')) return [...refused];
  if (type !== 'sscc') {
    refuseUnless(
      'length',
      isWithin(body.length ?? LEAST_LENGTH, LEAST_LENGTH, MOST_LENGTH[String(type)] ?? 20),
    );
  }
  if (type === 'sgtin')
    refuseUnless('product', /^\/01\/\d{14}$/.test(String(body.product)) || refused.has('product'));
  if (type === 'grai') refuseUnless('product', /^\/8003\/0\d{13}$/.test(String(body.product)));
  if (type === 'sscc') {
    refuseUnless('sscc_company_prefix', /^\d{4,12}$/.test(String(body.sscc_company_prefix)));
    refuseUnless('sscc_extension_digit', isWithin(body.sscc_extension_digit ?? 0, 0, 9));
  }
  return [...refused];
}

function isCharacterSet(value: unknown): boolean {
  return CHARACTER_SET_NAMES.some((name) => name.toLowerCase() === String(value).toLowerCase());
}

function isWithin(value: unknown, least: number, most: number): boolean {
  const number = Number(value ?? Number.NaN);
  return number >= least && number <= most;
}

/** The account that a new job has, whatever its body says. */
export function accountOf({ product, domain }: Body, seed: Seed): string | undefined {
  if (product != null) return ownerOf(seed, 'product', product);
  return domain == null ? undefined : ownerOf(seed, 'domain', domain);
}

function isOwnAccount(body: Body, seed: Seed): boolean {
  const owner = accountOf(body, seed);
  return body.account == null || isObject(body.account) || owner === undefined || body.account === owner;
}
