import { InvalidQueryError } from '@codemint/shared';
import { isPlainObject } from '../query/lists';
import type { RowFormat } from './rowFormat';

const DECLARATION = "<?xml version='1.0'?>\n";

/** Every item is an element `data` within an element `data`; null is the text "null", a list one element each. */
export const XML: RowFormat = {
  head: `${DECLARATION}<data>\n`,
  separator: '',
  tail: '</data>',
  empty: `${DECLARATION}<data/>`,
  isVerbatim: true,
  row: (item) => element('data', item, INDENT),
};

const INDENT = '    ';

function element(name: string, value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.map((one) => element(name, one, indent)).join('');
  if (!isPlainObject(value)) return textElement(name, String(value ?? null), indent);
  const inside = Object.entries(value).map(([key, one]) => element(requireName(key), one, indent + INDENT));
  const content = inside.join('');
  return content === '' ? `${indent}<${name}/>\n` : `${indent}<${name}>\n${content}${indent}</${name}>\n`;
}

function textElement(name: string, text: string, indent: string): string {
  return text === '' ? `${indent}<${name}/>\n` : `${indent}<${name}>${escapeText(text)}</${name}>\n`;
}

/** Characters that XML 1.0 cannot have (section 2.2), not even escaped, become U+FFFD. */
function escapeText(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(']]>', ']]&gt;');
}

/** Names of fields are names of XML; of what an alias says only some are. */
function requireName(name: string): string {
  if (/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name)) return name;
  throw new InvalidQueryError(`"${name}" cannot be the name of an XML element: choose another alias`);
}
