import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings } from '@codemint/shared';
import { FolderInUseError } from '../src';
import { lockFolder } from '../src/folderLock';
import { checkPort, findFreePort } from '../src/ports';
import { provideSecrets } from '../src/secrets';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'codemint-start-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('secrets', () => {
  const secretsFor = (environment: Record<string, string>) =>
    provideSecrets(parseSettings(environment), environment, dataDir);

  test('are made once, readable by their owner alone', () => {
    const made = secretsFor({});
    expect(secretsFor({})).toEqual(made);
    expect(
      parseSettings({ CODEMINT_MASTER_KEYS: made.masterKeys }).CODEMINT_MASTER_KEYS?.get(1),
    ).toHaveLength(32);
    for (const name of ['master-keys', 'admin-token']) {
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    }
  });

  test('of the environment come first', () => {
    secretsFor({});
    expect(secretsFor({ CODEMINT_ADMIN_TOKEN: 'sixteen characters' }).adminToken).toBe('sixteen characters');
  });

  test('must be given with a database of its own', () => {
    const environment = { DATABASE_URL: 'postgres://localhost/codemint' };
    expect(() => secretsFor(environment)).toThrow(
      'CODEMINT_MASTER_KEYS is required where DATABASE_URL is set',
    );
  });

  test('are not made anew for a database that exists', () => {
    mkdirSync(join(dataDir, 'postgres'));
    expect(() => secretsFor({})).toThrow(/master keys of the database in .* are missing/);
  });
});

describe('a folder', () => {
  test('is taken once, under whatever name, until it is released', async () => {
    const link = `${dataDir}-link`;
    symlinkSync(dataDir, link);
    try {
      const lock = await lockFolder(dataDir, 'stack');
      await expect(lockFolder(link, 'stack')).rejects.toThrow(FolderInUseError);
      await lock.release();
      await (await lockFolder(link, 'stack')).release();
    } finally {
      rmSync(link);
    }
  });
});

describe('a port', () => {
  test('in use is named in one line', async () => {
    const port = await findFreePort();
    await checkPort('127.0.0.1', port);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      await expect(checkPort('127.0.0.1', port)).rejects.toThrow(
        `Port ${port} on 127.0.0.1 is in use: set PORT to another.`,
      );
    } finally {
      server.close();
    }
  });
});
