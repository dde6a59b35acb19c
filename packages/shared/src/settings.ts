import { z } from 'zod';

/** A setting that cannot be used; the message is one line that names it and says what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

const url = (schemes: string[]) =>
  z.string().refine(
    (value) => {
      try {
        return schemes.includes(new URL(value).protocol);
      } catch {
        return false;
      }
    },
    `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  );

/** Master keys by version: `1:<base64 of 32 bytes>[,2:…]`. */
const masterKeys = z.string().transform((text, context) => {
  const keys = new Map<number, Buffer>();
  for (const part of text.split(',')) {
    const match = /^\s*([1-9]\d{0,8}):([A-Za-z0-9+/]{43}=)\s*$/.exec(part);
    if (match?.[1] === undefined || match[2] === undefined || keys.has(Number(match[1]))) {
      context.addIssue('must be <version>:<base64 of 32 bytes>, parted by commas, each version once');
      return z.NEVER;
    }
    keys.set(Number(match[1]), Buffer.from(match[2], 'base64'));
  }
  return keys as ReadonlyMap<number, Buffer>;
});

const settingsSchema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: integer(0, 65535).default(3000),
  DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  REDIS_URL: url(['redis:', 'rediss:']).optional(),
  CODEMINT_DATA_DIR: z.string().min(1).default('.codemint'),
  CODEMINT_MASTER_KEYS: masterKeys.optional(),
  CODEMINT_ADMIN_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  CODEMINT_MAX_QUANTITY: integer(1, 1_000_000_000).default(1_000_000),
  CODEMINT_SLICE_SIZE: integer(1, 100_000).default(100_000),
  CODEMINT_CHUNK_SIZE: integer(1, 10_000).default(10_000),
  CODEMINT_TOKEN_REQUESTS_PER_SECOND: integer(0, 100_000).default(500),
  CODEMINT_TOKEN_JOBS_RUNNING: integer(0, 1_000_000).default(1_000),
  CODEMINT_TOKEN_CODES_PER_DAY: integer(0, 1_000_000_000_000).default(100_000_000),
  WORKER_CONCURRENCY: integer(1, 64).default(2),
  WORKER_HEALTH_PORT: integer(0, 65535).optional(),
  PUBLIC_URL: url(['http:', 'https:']).optional(),
  TRUST_PROXY: integer(0, 16).default(0),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:']).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Settings = z.infer<typeof settingsSchema>;

/** The names of all environment variables that are read. */
export const SETTING_NAMES: readonly string[] = Object.keys(settingsSchema.shape);

/** Settings of a process that needs the services to be there: the API, a worker, most commands. */
export type ServiceSettings = Settings & {
  DATABASE_URL: string;
  CODEMINT_MASTER_KEYS: ReadonlyMap<number, Buffer>;
  CODEMINT_ADMIN_TOKEN: string;
};

/**
 * Parses the environment once. An empty value counts as absent.
 * @throws SettingsError that names every wrong setting and its reason, without its value (it may be a secret).
 */
export function parseSettings(environment: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new SettingsError(
    parsed.error.issues.map((issue) => `${issue.path.join('.')} ${reason(issue)}`).join('; '),
  );
}

function reason(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : issue.message;
}

/** As parseSettings, for a process that cannot make its own database, keys or token. */
export function parseServiceSettings(environment: Record<string, string | undefined>): ServiceSettings {
  const settings = parseSettings(environment);
  for (const name of ['DATABASE_URL', 'CODEMINT_MASTER_KEYS', 'CODEMINT_ADMIN_TOKEN'] as const) {
    if (settings[name] === undefined) {
      throw new SettingsError(
        `${name} is required here; "npm start" makes one by itself, a single app does not`,
      );
    }
  }
  return settings as ServiceSettings;
}
