import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** More would not help whoever reads them. */
const MOST = 5;

/**
 * What is wrong with the form of a body or query, in words.
 * @param value that was sent
 */
export function formIssues({ issues }: z.ZodError, value: unknown): string {
  const told = issues.slice(0, MOST).map((issue) => {
    const place = issue.path.length === 0 ? 'The body' : `"${placeText(issue.path)}"`;
    return `${place} ${ruleOf(issue, valueAt(value, issue.path))}`;
  });
  return [...told, ...(issues.length > MOST ? [`and ${issues.length - MOST} more`] : [])].join(', ');
}

/** As JavaScript would name it: `metadata.tags[2]`. */
export function placeText(path: readonly PropertyKey[]): string {
  const text = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^\w+$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(String(step))}]`;
  });
  return text.join('').replace(/^\./, '') || 'body';
}

/** One issue as a sentence without its subject, the value, and without a full stop. @param value that was sent */
export function issueText(issue: Issue, value: unknown): string {
  const rule = ruleOf(issue, valueAt(value, issue.path));
  return rule.charAt(0).toUpperCase() + rule.slice(1);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
};

/** A rule of our own says itself what is right; zod's words for the others are for programmers. */
function ruleOf(issue: Issue, sent: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (sent === undefined && issue.path.length > 0) return 'is required';
      return `has to be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `has to be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return boundText(issue.origin, sent, 'most', Number(issue.maximum));
    case 'too_small':
      return boundText(issue.origin, sent, 'least', Number(issue.minimum));
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    case 'custom':
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
    default:
      return 'does not have the form that is described';
  }
}

const UNITS: Readonly<Record<string, string>> = { array: 'item', string: 'character' };

function boundText(origin: string, sent: unknown, word: 'most' | 'least', limit: number): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `has to be at ${word} ${limit}`;
  const { length } = sent as string | unknown[];
  return `has to have at ${word} ${limit} ${unit}${limit === 1 ? '' : 's'}, ${length} ${length === 1 ? 'is' : 'are'} given`;
}
