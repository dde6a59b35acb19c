import { createHash } from 'node:crypto';

/** Secrets that are easily told from anything else. */
export const SECRETS = {
  masterKey: Buffer.from('master-key-that-nobody-may-see-1'),
  adminToken: 'admin-token-that-nobody-may-see',
  databasePassword: 'database-password-that-nobody-may-see',
  redisPassword: 'redis-password-that-nobody-may-see',
  metricsToken: 'metrics-token-that-nobody-may-see',
} as const;

/** `CODEMINT_MASTER_KEYS` with the key. */
export const MASTER_KEYS = `1:${SECRETS.masterKey.toString('base64')}`;

/** The ways in which secrets might be written. @param more such as tokens that were made */
export function formsOf(more: readonly string[]): string[] {
  const texts = [...Object.values(SECRETS).map(String), ...more];
  const forms = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const hash = createHash('sha256').update(text).digest();
    return [
      text,
      encodeURIComponent(text),
      ...[bytes, hash].flatMap((one) => [one.toString('hex'), one.toString('base64').replace(/=+$/, '')]),
      bytes.toString('base64url'),
    ];
  });
  return [...new Set(forms)];
}

/** The lines of a text that have a secret in them. */
export function linesWith(text: string, forms: readonly string[]): string[] {
  return text.split('\n').filter((line) => forms.some((form) => line.includes(form)));
}

/** What an answer must not tell of the service's inside; undefined if it tells none of it. */
export function inside(text: string): string | undefined {
  const tellTale = [
    /\bat [^\n]{0,100}\(?[\w./-]+:\d+:\d+\)?/,
    /node_modules|\/dist\/|\.[jt]s:\d+/,
    /\b(select|insert into|delete from|update)\b[^\n]{1,200}\b(from|values|where|set)\b/i,
    /relation "|column "|syntax error at|duplicate key value|violates \w+ constraint/,
    /ECONNREFUSED|ECONNRESET|ENOTFOUND/,
    /\b(PrismaClient|DatabaseError|KyselyError|ReplyError|TypeError|ReferenceError)/,
  ];
  const found = tellTale.find((pattern) => pattern.test(text));
  return found && `${String(found)} in ${text.slice(0, 500)}`;
}
