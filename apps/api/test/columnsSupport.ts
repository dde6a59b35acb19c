import { makeJob, open } from './codesSupport';
import type { Api } from './support';

export const COLUMNS = [
  'code',
  'serial',
  'sequence',
  'gtin',
  'element_string',
  'digital_link',
  'epc_uri',
  'epc_hex',
  'sscc',
  'check_digit',
  'epc_join_key',
];

/** GTIN of a worked example of the EPC Tag Data Standard, and its asset type. */
export const EXAMPLE = '/01/80614141123458';
export const EXAMPLE_198 = '/01/70614141123451';
export const EXAMPLE_ASSET = '/8003/00614141123452';
export const PREFIX_LENGTH = 7;

export const fileOf = (id: string, format: string, query = '') =>
  `/items/identifier_job/${id}/codes.${format}${query && `?${query}`}`;

export const IDENTITY = { 'accept-encoding': 'identity' };

/** The account's products of the examples, whose company prefix has seven digits. */
export async function addExamples(api: Api): Promise<void> {
  for (const id of [EXAMPLE, EXAMPLE_198, EXAMPLE_ASSET]) {
    await api.post('/items/product', { id });
    await setPrefixLength(api, id, PREFIX_LENGTH);
  }
}

export async function setPrefixLength(api: Api, product: string | null, length: number): Promise<void> {
  const policy = { product, company_prefix_length: length };
  const answer = await api.post('/items/issuing_policy', policy);
  if (answer.status !== 200) throw new Error(answer.text);
}

/** Undecoded. */
export async function raw(
  api: Api,
  path: string,
  method = 'GET',
  headers: Record<string, string> = IDENTITY,
) {
  const response = await open(api, path, { method, headers });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) };
}

/** Rows of a CSV file by the names of its columns. */
export function csvRows(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/gy)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? (plain as string));
    if (end === '\n') rows.push([]);
  }
  const [head = [], ...others] = rows.filter((row) => row.length > 1 || row[0] !== '');
  return others.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ''])));
}

/** Jobs of each type, with less than a chunk of codes. */
export async function jobOf(api: Api, type: string, wanted: Parameters<typeof makeJob>[1] = {}) {
  switch (type) {
    case 'sscc':
      return makeJob(api, {
        type,
        product: null,
        ssccCompanyPrefix: '0614141',
        ssccExtensionDigit: 1,
        quantity: 5,
        ...wanted,
      });
    case 'short_code':
      return makeJob(api, {
        type,
        product: null,
        domainName: 'go.example',
        linkHost: 'go.example',
        quantity: 5,
        ...wanted,
      });
    case 'grai':
      return makeJob(api, { type, product: EXAMPLE_ASSET, length: 6, quantity: 5, ...wanted });
    default:
      return makeJob(api, { product: EXAMPLE, quantity: 5, ...wanted });
  }
}

const PREFIX_BITS = [40, 37, 34, 30, 27, 24, 20];

/** A number of so many bits. */
const bits = (value: number | bigint | string, width: number) =>
  BigInt(value === '' ? 0 : value)
    .toString(2)
    .padStart(width, '0');

/** EPC in hexadecimal, from the tables of the standard (TDS 2.3, 14.6.1, 14.6.2 and 14.6.4), bit by bit. */
export function epcHex(
  scheme: 'sgtin' | 'grai' | 'sscc',
  key: string,
  serial: string,
  { prefixLength, filter = 0 }: { prefixLength: number; filter?: number },
): string {
  const partition = 12 - prefixLength;
  const prefixBits = PREFIX_BITS[partition] as number;
  const digits = scheme === 'grai' ? key.slice(0, -1) : key.slice(1, -1);
  const prefix = digits.slice(0, prefixLength);
  const reference = (scheme === 'grai' ? '' : key.slice(0, 1)) + digits.slice(prefixLength);
  const split = bits(prefix, prefixBits) + bits(reference, (scheme === 'sscc' ? 58 : 44) - prefixBits);
  const isShort = scheme === 'sscc' || (/^(0|[1-9]\d*)$/.test(serial) && BigInt(serial) < 2n ** 38n);
  const header = { sgtin: [0x30, 0x36], grai: [0x33, 0x37], sscc: [0x31, 0x31] }[scheme][isShort ? 0 : 1];
  const start = bits(header as number, 8) + bits(filter, 3) + bits(partition, 3) + split;
  const characters = () => [...serial].map((character) => bits(character.charCodeAt(0), 7)).join('');
  const tail = scheme === 'sscc' ? '' : isShort ? bits(serial, 38) : characters();
  const width = isShort ? 96 : scheme === 'grai' ? 176 : 208;
  const all = (start + tail).padEnd(width, '0');
  return (all.match(/.{4}/g) as string[])
    .map((four) => Number.parseInt(four, 2).toString(16))
    .join('')
    .toUpperCase();
}
