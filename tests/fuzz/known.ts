import type { Random } from './random';

/**
 * What the fuzz has made before it starts, and what its requests speak of. A name in tildes is not known before and
 * replaced when a request is sent, so that a request can be written down and sent again to another installation.
 */
/** The more often the more may be done with it. */
export const TOKENS = [
  '~admin~',
  '~admin~',
  '~admin~',
  '~operator~',
  '~operator~',
  '~operator~',
  '~stranger~',
  '~reader~',
] as const;

export const FIRST_ACCOUNT = 'f1b2c3d4-e5f6-7890-1234-567890abcdef';
export const OTHER_ACCOUNT = '0a0b0c0d-1111-4222-8333-444455556666';

/** Things are made with these keys, deleted, and made again. */
const keys = (first: string) =>
  Array.from({ length: 6 }, (_, n) => `${first}0000000-0000-4000-8000-00000000000${n.toString(16)}`);

export const GTINS = [
  '09312345551927',
  '00012345678905',
  '04012345678901',
  '05901234123457',
  '00614141007349',
  '09780201379624',
];
export const DOMAINS = ['tn.gg', 'a.example', 'xn--bcher-kva.example', 'other.example'];
/** Of which the first two are made before. */
export const JOBS = keys('1');
export const RESERVATIONS = keys('2');
export const RULES = keys('3');
export const POLICIES = keys('4');
export const DOMAIN_IDS = keys('5');

const PRODUCTS = [...GTINS.map((gtin) => `/01/${gtin}`), '/8003/09312345551927', '/8003/00614141007349'];
const CODES = ['~code~', '~shortCode~', 'AAAAAAAA', '12345678', '093123450000000012'];

const KEYS_BY_COLLECTION: Readonly<Record<string, readonly string[]>> = {
  identifier_job: JOBS,
  code_reservation: RESERVATIONS,
  replenishment_rule: RULES,
  issuing_policy: POLICIES,
  domain: [...DOMAIN_IDS, ...DOMAIN_IDS.slice(0, 2)],
  product: PRODUCTS,
  account: [FIRST_ACCOUNT, OTHER_ACCOUNT],
  users: ['~operatorId~', '~strangerId~'],
  unique_code: ['~codeId~'],
  // Counted from the first thing that was made.
  audit_log: ['1', '2', '3'],
};

/** By the name of a member or parameter. */
const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  ...KEYS_BY_COLLECTION,
  reservation: RESERVATIONS,
  last_job: JOBS,
  gtin: GTINS,
  domain_name: DOMAINS,
  shortDomain: DOMAINS,
  shortId: ['~shortCode~', '~shortCode~', ...CODES],
  code: CODES,
  codes: [...CODES, '(01)09312345551927(21)~code~', 'https://tn.gg/~shortCode~', 'https://id.gs1.org/01/09312345551927/21/~code~'],
  ids: ['AB12', 'AB13', 'x', '~thngCode~', '~code~'],
  targetAccount: [FIRST_ACCOUNT, OTHER_ACCOUNT],
  project: ['~project~'],
  sscc_company_prefix: ['0931234', '09312345', '4012345', '0614141'],
  digital_link: ['https://id.gs1.org/01/09312345551927', 'https://example.com/x'],
  product_redirection_url: ['https://example.com/{code}', 'https://example.com/a?b=c'],
  defaultRedirectUrl: ['https://example.com/{shortId}', 'https://example.com/{evrythngId}/x'],
  columns: ['code', 'code,index', 'digital_link,code', 'epc', 'gtin,serial', 'element_string'],
  file: ['identifiers.csv', 'identifiers.csv', 'identifiers.txt', 'identifiers.json', 'errors.json', 'x.csv'],
  expires: ['~expires~', '~expires~', '~expires~', '1795305600'],
  signature: ['~signature~', '~signature~', '~signature~', 'x'],
  nextPageToken: ['eyJhZnRlciI6IjEifQ', 'eyJhZnRlciI6IjEiLCJmaWx0ZXIiOiJ0YWdzPWEifQ'],
  identifierKey: ['gs1:21', 'serial'],
  type: ['encodings', 'scans', '_custom'],
}; // biome-ignore format: short

const ADI_IDS: Readonly<Record<string, readonly string[]>> = {
  '/adis/orders': ['~order~', '~order~', '~suppliedOrder~', '~strangerOrder~'],
  '/thngs': ['~thng~', '~thng~', 'UNc6n2Bk6GPhh6waRm2mNppb'],
  '/operators': ['~operatorId~', '~strangerId~'],
};

/** A value of that name that somebody has; undefined where the name says nothing. */
export function knownValue(random: Random, name: string): string | undefined {
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  return known === undefined || known.length === 0 ? undefined : random.pick(known);
}

/** A key of what stands at a path such as `/items/product/{id}`. */
export function knownKey(random: Random, path: string, name = 'id'): string {
  if (name === 'domain') return random.pick(['tn.gg', 'tn.gg', ...DOMAINS]);
  if (name === 'eventId') return '~event~';
  if (name === 'actionId') return random.pick(['~action~', '~event~']);
  if (name === 'type') return random.pick(['all', 'encodings', 'encodings', 'scans', '_custom']);
  const collection = /^\/(?:items\/)?(\w+)/.exec(path)?.[1] ?? '';
  const keys = Object.hasOwn(KEYS_BY_COLLECTION, collection) ? KEYS_BY_COLLECTION[collection] : undefined;
  const root = Object.keys(ADI_IDS).find((one) => path.startsWith(one));
  const known = keys ?? (root === undefined ? undefined : ADI_IDS[root]) ?? JOBS;
  // The first ones are there more often than the others.
  return random.pick(random.chance(0.6) ? known.slice(0, 2) : known);
}
