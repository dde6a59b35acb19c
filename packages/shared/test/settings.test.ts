import { parseServiceSettings, parseSettings, SettingsError } from '../src/settings';

const KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 2).toString('base64');

/** The message of the SettingsError that `act` throws. */
function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('Nothing was thrown');
}

describe('settings', () => {
  test('have defaults', () => {
    expect(parseSettings({})).toEqual({
      HOST: '127.0.0.1',
      PORT: 3000,
      CODEMINT_TOKEN_REQUESTS_PER_SECOND: 500,
      CODEMINT_TOKEN_JOBS_RUNNING: 1_000,
      CODEMINT_TOKEN_CODES_PER_DAY: 100_000_000,
      CODEMINT_DATA_DIR: '.codemint',
      CODEMINT_MAX_QUANTITY: 1_000_000,
      CODEMINT_SLICE_SIZE: 100_000,
      CODEMINT_CHUNK_SIZE: 10_000,
      WORKER_CONCURRENCY: 2,
      TRUST_PROXY: 0,
      LOG_LEVEL: 'info',
    });
  });

  test('an empty value counts as absent', () => {
    expect(parseSettings({ PORT: '', REDIS_URL: '' })).toEqual(parseSettings({}));
  });

  test('master keys are kept by version', () => {
    const { CODEMINT_MASTER_KEYS: keys } = parseSettings({
      CODEMINT_MASTER_KEYS: `1:${KEY}, 12:${OTHER_KEY}`,
    });
    expect(keys).toEqual(
      new Map([
        [1, Buffer.alloc(32, 1)],
        [12, Buffer.alloc(32, 2)],
      ]),
    );
  });

  test.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['DATABASE_URL', 'mysql://localhost/codemint'],
    ['DATABASE_URL', 'localhost:5432'],
    ['REDIS_URL', 'http://localhost'],
    ['PUBLIC_URL', 'ftp://example.com'],
    ['CODEMINT_ADMIN_TOKEN', 'short'],
    ['CODEMINT_MAX_QUANTITY', '0'],
    ['CODEMINT_SLICE_SIZE', '100001'],
    ['CODEMINT_CHUNK_SIZE', '10001'],
    ['WORKER_CONCURRENCY', '0'],
    ['TRUST_PROXY', '17'],
    ['WORKER_HEALTH_PORT', 'x'],
    ['LOG_LEVEL', 'loud'],
    ['CODEMINT_MASTER_KEYS', KEY],
    ['CODEMINT_MASTER_KEYS', `0:${KEY}`],
    ['CODEMINT_MASTER_KEYS', '1:c2hvcnQ='],
    ['CODEMINT_MASTER_KEYS', `1:${KEY},1:${OTHER_KEY}`],
    ['CODEMINT_MASTER_KEYS', `1:${KEY},`],
  ])('%s cannot be "%s"', (name, value) => {
    const message = messageOf(() => parseSettings({ [name]: value }));
    expect(message).toMatch(new RegExp(`^${name} must`));
    expect(message).not.toContain('\n');
    if (name === 'CODEMINT_MASTER_KEYS') expect(message).not.toContain(KEY);
  });

  test('all wrong ones are named at once', () => {
    const message = messageOf(() => parseSettings({ PORT: 'x', LOG_LEVEL: 'loud' }));
    expect(message).toContain('PORT');
    expect(message).toContain('LOG_LEVEL');
  });
});

describe('settings of a service', () => {
  const complete = {
    DATABASE_URL: 'postgres://localhost/codemint',
    CODEMINT_MASTER_KEYS: `1:${KEY}`,
    CODEMINT_ADMIN_TOKEN: 'a-token-of-some-length',
  };

  test('are complete', () => {
    expect(parseServiceSettings(complete)).toMatchObject({ DATABASE_URL: complete.DATABASE_URL, PORT: 3000 });
  });

  test.each(Object.keys(complete))('%s is required', (name) => {
    expect(messageOf(() => parseServiceSettings({ ...complete, [name]: undefined }))).toContain(name);
  });
});
