import {
  type Gs1Item,
  isLink,
  isMarkedElementString,
  parseElementString,
  parseLink,
  type ShortLink,
  type Unreadable,
} from '@codemint/shared';
import { hostName } from '../domains/hostName';
import { type NamedCode, type Subject, shortCode } from './subject';

/** A code of which nothing says what it is of. */
export interface BareCode {
  bare: string;
}

/** Longer than any link that a symbol holds. */
const MAX_CHARACTERS = 8_000;

/** An identifier that no standard limits has so many characters, and none that nobody can print. */
const BARE_CODE = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

/** What begins like an element string of an item, without brackets. */
const LIKE_ELEMENT_STRING = /^(?:01\d{14}|8003\d{14}|00\d{18}$)/;

type Reading = NamedCode | BareCode | Unreadable;

/** Blanks are easily copied along; an identifier that no standard limits may have them. */
export const BLANK_ISSUE: Unreadable = { error: 'It has a blank at its start or end: send it without.' };

export function hasOuterBlank(text: string): boolean {
  return text !== text.trim();
}

/**
 * Reads a code as it was typed or scanned: a GS1 Digital Link or short link, a GS1 element string, or a bare code of
 * the subject. What may be a bare code of the subject is one, unless it is an element string of that very subject.
 */
export function readCode(text: string, subject: Subject | undefined): Reading {
  const reading = readExactly(text, subject);
  if (!hasOuterBlank(text) || 'namespaces' in reading) return reading;
  const without = readExactly(text.trim(), subject);
  const isForBlank = 'error' in reading ? !('error' in without) : 'namespaces' in without;
  return isForBlank ? BLANK_ISSUE : reading;
}

function readExactly(text: string, subject: Subject | undefined): Reading {
  if (text.length > MAX_CHARACTERS) return { error: `A code has at most ${MAX_CHARACTERS} characters.` };
  if (isLink(text)) return ofLink(parseLink(text));
  const bare = subject?.read(text);
  const isMarked = isMarkedElementString(text);
  if (isMarked || LIKE_ELEMENT_STRING.test(text)) {
    const item = parseElementString(text);
    const isOther = bare === undefined || 'error' in bare;
    if (isOther) return 'error' in item ? item : ofItem(item);
    if (!('error' in item) && (isMarked || isOf(subject, item))) return ofItem(item);
  }
  if (bare !== undefined) return bare;
  return BARE_CODE.test(text) ? { bare: text } : { error: 'A code has 1 to 256 printable characters.' };
}

function ofLink(link: Gs1Item | ShortLink | Unreadable): NamedCode | Unreadable {
  if ('error' in link) return link;
  if ('kind' in link) return ofItem(link);
  const domain = hostName(link.host);
  return domain === undefined
    ? { error: 'The host of the link is no host name.' }
    : shortCode(domain, link.code);
}

function ofItem({ kind, key, serial }: Gs1Item): NamedCode {
  return { namespaces: [{ kind, key }], code: serial };
}

function isOf(subject: Subject | undefined, item: Gs1Item): boolean {
  return subject?.namespaces.some(({ kind, key }) => kind === item.kind && key === item.key) ?? false;
}
