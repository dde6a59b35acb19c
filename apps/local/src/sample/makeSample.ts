import { FIRST_ACCOUNT_ID, firstAccountId, openDatabase } from '@codemint/db';
import type { Stack } from '../stack';
import { ApiClient } from './apiClient';
import { followJob } from './followJob';
import { progressBar } from './progressBar';
import { DOCUMENTED_BODY, FIRST_JOB, FIRST_JOB_ITEM, SAMPLE_ITEMS, SAMPLE_USER } from './sampleData';

export interface SampleOptions {
  stack: Stack;
  /** What stands for the admin token in the commands shown. */
  shownToken: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Makes the sample's products, domain and jobs, shows the first job at work, and last makes the sample's user: where
 * that user is, the sample was made. What is there is left alone, so a run that was cut short is completed by the
 * next. An installation whose first account is its own gets no sample.
 */
export async function makeSample(options: SampleOptions): Promise<void> {
  const { connectionString } = options.stack;
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'codemint sample' });
  try {
    if ((await firstAccountId(database)) !== FIRST_ACCOUNT_ID) return;
    const { email } = SAMPLE_USER;
    if ((await database.prisma.users.findUnique({ where: { email } })) !== null) return;
    await makeItems(options);
    await database.prisma.users.create({ data: SAMPLE_USER });
  } finally {
    await database.close();
  }
}

async function makeItems({ stack, shownToken, log, signal }: SampleOptions): Promise<void> {
  const api = new ApiClient(stack.url, stack.secrets.adminToken, signal);
  for (const { collection, item } of SAMPLE_ITEMS) await api.create(collection, item);
  log(`A first job: ${FIRST_JOB.quantity.toLocaleString('en')} codes`);
  await api.create(FIRST_JOB_ITEM.collection, FIRST_JOB_ITEM.item);
  const bar = progressBar(FIRST_JOB.quantity, process.stdout);
  let status = 'new';
  for await (const progress of followJob(api, FIRST_JOB.id, signal)) {
    status = progress.status;
    bar.show(progress.created);
  }
  bar.finish();
  if (status !== 'complete') throw new Error(`The first job ended with the status ${status}.`);
  log(describe(stack.url, shownToken));
}

function describe(url: string, shownToken: string): string {
  return `
Its codes as CSV:

  curl -H "Authorization: Bearer ${shownToken}" \\
    ${url}/items/identifier_job/${FIRST_JOB.id}/codes.csv

A job of your own:

  curl ${url}/items/identifier_job \\
    -H "Authorization: Bearer ${shownToken}" -H "Content-Type: application/json" -d '${DOCUMENTED_BODY}'
`;
}
