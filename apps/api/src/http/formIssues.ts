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
    const sent = issue.path.reduce<unknown>(
      (part, key) => (part as Record<PropertyKey, unknown>)[key],
      value,
    );
    const place = issue.path.length === 0 ? 'The body' : `"${placeText(issue.path)}"`;
    return `${place} ${ruleOf(issue, sent)}`;
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

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  string: 'a string',
};

function ruleOf(issue: Issue, sent: unknown): string {
  if (issue.code === 'invalid_type') {
    if (sent === undefined && issue.path.length > 0) return 'is required';
    return `has to be ${KINDS[issue.expected] ?? issue.expected}`;
  }
  if (Array.isArray(sent) && (issue.code === 'too_big' || issue.code === 'too_small')) {
    const [word, limit] = issue.code === 'too_big' ? ['most', issue.maximum] : ['least', issue.minimum];
    return `has to have at ${word} ${limit} ${limit === 1 ? 'item' : 'items'}, ${sent.length} are given`;
  }
  return issue.message;
}
