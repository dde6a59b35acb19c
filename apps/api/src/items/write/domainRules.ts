import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { FieldIssue } from '@codemint/shared';
import type { NewRow, TableRules } from './tableWriter';

/** RFC 1123: labels of 1 to 63 letters, digits and inner hyphens; together at most 253 characters. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A domain has a host name, in lower case and as punycode. */
export const domainRules: TableRules = {
  complete(row: NewRow): FieldIssue[] {
    row.set('id', row.get('id') ?? randomUUID());
    const given = row.get('domain_name') ?? null;
    if (given === null) return [{ field: 'domain_name', rule: 'required', message: 'Value is required.' }];
    const name = hostName(String(given));
    if (name === undefined) return [noHostName];
    row.set('domain_name', name);
    return [];
  },
  adjust: () => [],
};

const noHostName: FieldIssue = {
  field: 'domain_name',
  rule: 'regex',
  message: 'Value has to be a host name such as "id.example.com", without scheme, port or path.',
};

/** What parts a host name from the rest of a URL: the conversion would drop that without a word. */
const BESIDES_HOST = /[\s/\\?#:@%[\]]/;

/** Undefined for what is no host name; an address is none, as it would be no link for good. */
function hostName(text: string): string | undefined {
  if (BESIDES_HOST.test(text)) return undefined;
  const ascii = domainToASCII(text).replace(/\.$/, '');
  return HOST_NAME.test(ascii) && isIP(ascii) === 0 ? ascii : undefined;
}
