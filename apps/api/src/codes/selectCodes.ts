import {
  type Caller,
  type Client,
  type CodeScope,
  findCode,
  type IssuedCode,
  readCodeAt,
} from '@codemint/db';
import { type KeyRing, parseCodeId, parseProductKey, ValidationError } from '@codemint/shared';
import type { CodeCriteria } from './codeCriteria';
import { findCodeJobs, type JobSelection } from './codeJob';
import { type CodeSource, codesOfJobs, knownCodes } from './codeSource';
import { CODE_STATUS } from './uniqueCode';

const NOTHING = knownCodes([]);

/**
 * The codes of the caller's jobs that meet all criteria, none without criteria. A code or an id leads to its place without a look at any
 * other code.
 * @throws PoolKeyError when a pool that could have made the code cannot be decoded
 */
export async function selectCodes(
  client: Client,
  ring: KeyRing,
  caller: Caller,
  criteria: CodeCriteria | undefined,
): Promise<CodeSource> {
  if (criteria === undefined || (criteria.status ?? CODE_STATUS) !== CODE_STATUS) return NOTHING;
  const selection: JobSelection = {
    accountId: caller.accountId,
    jobId: criteria.identifier_job,
    product: criteria.product,
  };
  if (criteria.id !== undefined) {
    const found = await codeOfId(client, criteria.id);
    const isMeant = found !== undefined && (criteria.code ?? found.code) === found.code;
    return isMeant ? codesWithJobs(client, selection, [found]) : NOTHING;
  }
  if (criteria.code === undefined) return codesOfJobs(client, selection);
  const scope = await scopeOf(client, selection);
  if (scope === undefined) return NOTHING;
  return codesWithJobs(client, selection, await findCode(client, ring, criteria.code, scope));
}

async function codeOfId(client: Client, id: string): Promise<IssuedCode | undefined> {
  const place = parseCodeId(id);
  return place && readCodeAt(client, place.batch, place.position);
}

/** The narrowest room in which the code can have been made; undefined when there is none. */
async function scopeOf(client: Client, selection: JobSelection): Promise<CodeScope | undefined> {
  if (selection.jobId !== undefined) {
    const [job] = await findCodeJobs(client, selection);
    return job && { batchId: job.batchId };
  }
  if (selection.product === undefined) return { accountId: selection.accountId };
  const key = productKey(selection.product);
  return key && { namespace: key };
}

function productKey(product: string) {
  try {
    return parseProductKey(product) ?? undefined;
  } catch (error) {
    if (error instanceof ValidationError) return undefined;
    throw error;
  }
}

/** Codes of jobs outside of the selection, another account's above all, are left out. */
async function codesWithJobs(
  client: Client,
  selection: JobSelection,
  codes: readonly IssuedCode[],
): Promise<CodeSource> {
  const batchIds = codes.map((code) => code.batchId);
  const jobs = await findCodeJobs(client, { ...selection, batchIds });
  return knownCodes(
    jobs.map((job) => ({ job, codes: codes.filter((code) => code.batchId === job.batchId) })),
  );
}
