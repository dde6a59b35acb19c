import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** RFC 1123: labels of 1 to 63 letters, digits and inner hyphens; together at most 253 characters. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** What parts a host name from the rest of a URL: the conversion would drop that without a word. */
const BESIDES_HOST = /[\s/\\?#:@%[\]]/;

/**
 * A host name in lower case and as punycode, as domains are kept. Undefined for what is none; an address is none, as it
 * would be no link for good.
 */
export function hostName(text: string): string | undefined {
  if (BESIDES_HOST.test(text)) return undefined;
  const ascii = domainToASCII(text).replace(/\.$/, '');
  return HOST_NAME.test(ascii) && isIP(ascii) === 0 ? ascii : undefined;
}
