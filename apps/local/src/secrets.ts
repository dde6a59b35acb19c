import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Settings, SettingsError } from '@codemint/shared';
import { keepSecret } from './secretFile';
import { StartError } from './startError';

export interface Secrets {
  /** As the setting CODEMINT_MASTER_KEYS. */
  masterKeys: string;
  adminToken: string;
}

/**
 * Master keys and admin token from the environment, else from the data folder, where they are made once. A server
 * database outlives the data folder, so with a DATABASE_URL both must be given.
 * @throws SettingsError, or StartError if the keys of an existing database are lost.
 */
export function provideSecrets(
  settings: Settings,
  environment: Record<string, string | undefined>,
  dataDir: string,
): Secrets {
  const masterKeys = environment.CODEMINT_MASTER_KEYS;
  const adminToken = environment.CODEMINT_ADMIN_TOKEN;
  if (settings.DATABASE_URL !== undefined) {
    if (!masterKeys) throw new SettingsError('CODEMINT_MASTER_KEYS is required where DATABASE_URL is set');
    if (!adminToken) throw new SettingsError('CODEMINT_ADMIN_TOKEN is required where DATABASE_URL is set');
  }
  return {
    masterKeys: masterKeys || keepMasterKeys(dataDir),
    adminToken:
      adminToken || keepSecret(join(dataDir, 'admin-token'), () => randomBytes(24).toString('base64url')),
  };
}

function keepMasterKeys(dataDir: string): string {
  const file = join(dataDir, 'master-keys');
  if (!existsSync(file) && existsSync(join(dataDir, 'postgres'))) {
    throw new StartError(`The master keys of the database in ${dataDir} are missing: ${file} is not there.`);
  }
  return keepSecret(file, () => `1:${randomBytes(32).toString('base64')}`);
}
