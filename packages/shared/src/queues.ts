import { z } from 'zod';

/** The names of the queues and what their jobs carry: one place that producers and consumers share. */
export const QUEUE_NAMES = {
  identifierJobs: 'identifier-jobs',
  adiOrders: 'adi-orders',
  adiEvents: 'adi-events',
} as const;

export type QueueName = (typeof QUEUE_NAMES)[keyof typeof QUEUE_NAMES];

/**
 * One slice of a batch to be generated. `sliceId` and `batchId` are bigints as decimal strings; the rest is there
 * so that a person who reads the queue on the dashboard recognises the job.
 */
export const sliceJobSchema = z.object({
  sliceId: z.string().regex(/^\d+$/),
  batchId: z.string().regex(/^\d+$/),
  ordinal: z.number().int().min(0),
  attempt: z.number().int().min(0),
  /** Id of the identifier job. */
  job: z.string(),
  referenceId: z.string().nullable(),
});

export type SliceJob = z.infer<typeof sliceJobSchema>;

/** What `job.updateProgress` carries; the database has the truth, this only says that something moved. */
export const sliceProgressSchema = z.object({
  batchId: z.string().regex(/^\d+$/),
  job: z.string(),
  created: z.number().int(),
  quantity: z.number().int(),
});

export type SliceProgress = z.infer<typeof sliceProgressSchema>;

/** Queue job id of a slice's run; a number alone is no valid id, and a kept id would swallow a second run. */
export function sliceQueueJobId(job: Pick<SliceJob, 'sliceId' | 'attempt'>): string {
  return `slice-${job.sliceId}-${job.attempt}`;
}
