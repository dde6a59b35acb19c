import { createJobs, deleteJobs, type KeyedRequest, removeChunks } from '@codemint/db';
import type { ApiContext } from '../../../context';
import { loadOnlyDomains } from '../../../domains/onlyDomains';
import { enqueue } from '../../../enqueue';
import { quotaOf } from '../../../limits/quotaOf';
import { identifierJob } from '../../collections/identifierJob';
import { findMissing } from '../../presence';
import { forbiddenAction } from '../../refusals';
import type { Scope } from '../../scope';
import { type Input, parseInput } from '../input';
import { loadReferences } from '../references';
import { refuseErrors } from '../rejections';
import { updateItems } from '../updateItems';
import type { Submission, Writer } from '../writer';
import { draftJob, type JobReferences } from './draftJob';

/** Jobs are made with their numbers, change in nothing but their name, and take their codes with them. */
export const jobWriter: Writer = {
  create: createFromBodies,
  takesKeys: true,
  update: (scope, changes) =>
    updateItems(scope, identifierJob, { table: 'identifier_job', adjust: () => [] }, changes),
  remove: removeJobs,
};

async function createFromBodies(
  scope: Scope,
  submission: Submission,
  keyed?: KeyedRequest,
): Promise<string[]> {
  const { context, caller } = scope;
  const { CODEMINT_MAX_QUANTITY: maxQuantity, CODEMINT_SLICE_SIZE: sliceSize } = context.settings;
  const inputs = submission.bodies.map((body) => parseInput(identifierJob, body));
  const references = await loadJobReferences(scope, inputs);
  const drafts = inputs.map((input) => draftJob(input, references, caller, maxQuantity));
  refuseErrors(
    submission,
    drafts.map(({ errors }) => errors),
  );
  const jobs = drafts.map(({ job }) => job);
  const limits = { maxQuantity, sliceSize, quota: quotaOf(context.settings, caller) };
  const { ids, sliceJobs } = await context.tracing.span('accept jobs', { jobs: jobs.length }, () =>
    createJobs(context.database, context.ring, jobs, limits, keyed),
  );
  await enqueue(context, sliceJobs, { jobs: ids });
  return ids;
}

/** Reads what jobs refer to. */
export async function loadJobReferences(scope: Scope, inputs: readonly Input[]): Promise<JobReferences> {
  const references = await loadReferences(scope, inputs);
  const { homeAccountId, accounts, products } = references;
  const owners = new Set([homeAccountId, ...accounts, ...products.values()]);
  return { ...references, onlyDomains: await loadOnlyDomains(scope.context.database, [...owners]) };
}

async function removeJobs(scope: Scope, keys: readonly string[]): Promise<void> {
  if ((await findMissing(scope, identifierJob, keys)).length > 0) {
    throw forbiddenAction('delete', identifierJob);
  }
  const { database, log } = scope.context;
  const batches = await deleteJobs(database, keys);
  // A million codes take a while to remove; what is left undone the worker's sweep finds.
  void removeAll(scope.context, batches).catch((error: unknown) =>
    log.warn({ err: error, batches }, 'codes of deleted jobs are not yet removed'),
  );
}

async function removeAll({ database }: ApiContext, batches: readonly bigint[]): Promise<void> {
  for (const batch of batches) await removeChunks(database.pool, batch);
}
