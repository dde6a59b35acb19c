/** What placeholders of a redirection URL stand for. */
export interface TargetValues {
  shortId: string;
  /** Undefined where there is no Thng: the placeholder stays as it is. */
  evrythngId: string | undefined;
}

const PLACEHOLDER = /\{(shortId|evrythngId)\}/g;

/** The URL that a template with its placeholders filled makes; undefined unless it is one of http or https. */
export function fillTarget(template: string, values: TargetValues): string | undefined {
  const filled = template.replace(
    PLACEHOLDER,
    (placeholder, name: keyof TargetValues) => values[name] ?? placeholder,
  );
  if (!URL.canParse(filled)) return undefined;
  const { protocol, href } = new URL(filled);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}

/** What parsers of URLs drop without a word, and what is left of placeholders that nobody fills. */
const UNUSABLE = /[\s{}\p{Cc}]/u;

/**
 * Whether a redirection URL leads somewhere, whatever its placeholders come to stand for. They have no place in its
 * host, where capitals would be lost.
 */
export function isTarget(template: string): boolean {
  return hostOfTarget(template) !== undefined;
}

/** The host that a redirection URL leads to; undefined where it leads nowhere. */
export function hostOfTarget(template: string): string | undefined {
  if (UNUSABLE.test(template.replace(PLACEHOLDER, 'x'))) return undefined;
  const [one, other] = ['x', 'y'].map((value) => fillTarget(template, { shortId: value, evrythngId: value }));
  if (one === undefined || other === undefined) return undefined;
  const { hostname, username, password } = new URL(one);
  // Before an `@` stands a user, which people take for the host.
  if (username !== '' || password !== '') return undefined;
  return new URL(other).hostname === hostname ? hostname : undefined;
}
