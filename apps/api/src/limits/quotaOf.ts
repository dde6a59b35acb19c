import type { Caller, TokenQuota } from '@codemint/db';
import type { ServiceSettings } from '@codemint/shared';

/** What the settings allow a caller's token. */
export function quotaOf(settings: ServiceSettings, { tokenId }: Caller): TokenQuota {
  return {
    tokenId,
    jobsRunning: settings.CODEMINT_TOKEN_JOBS_RUNNING,
    codesPerDay: settings.CODEMINT_TOKEN_CODES_PER_DAY,
  };
}
