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
  /** Whose slices these are; the queue is named so. Jobs from before there were orders do not say. */
  queue: z.enum([QUEUE_NAMES.identifierJobs, QUEUE_NAMES.adiOrders]).default(QUEUE_NAMES.identifierJobs),
  /** Id of the identifier job or ADI order. */
  job: z.string(),
  /** The job's reference_id, the order's purchaseOrder. */
  referenceId: z.string().nullable(),
});

export type SliceJob = z.infer<typeof sliceJobSchema>;

/** The supplied ids of an ADI order to be registered: a job of the queue adi-orders, beside the slices of others. */
export const registrationJobSchema = z.object({
  order: z.string(),
  purchaseOrder: z.string(),
  attempt: z.number().int().min(0),
});

export type RegistrationJob = z.infer<typeof registrationJobSchema>;

/** The actions of an ADI order's event to be taken: a job of the queue adi-events. */
export const eventJobSchema = z.object({
  event: z.string(),
  order: z.string(),
  purchaseOrder: z.string(),
  attempt: z.number().int().min(0),
});

export type EventJob = z.infer<typeof eventJobSchema>;

/** What `job.updateProgress` carries; the database has the truth, this only says that something moved. */
export const sliceProgressSchema = z.object({
  batchId: z.string().regex(/^\d+$/),
  /** Id of the identifier job or ADI order. */
  job: z.string(),
  created: z.number().int(),
  quantity: z.number().int(),
});

export type SliceProgress = z.infer<typeof sliceProgressSchema>;

/** Queue job id of a slice's run; a number alone is no valid id, and a kept id would swallow a second run. */
export function sliceQueueJobId(job: Pick<SliceJob, 'sliceId' | 'attempt'>): string {
  return `slice-${job.sliceId}-${job.attempt}`;
}

export function registrationQueueJobId(job: Pick<RegistrationJob, 'order' | 'attempt'>): string {
  return `ids-${job.order}-${job.attempt}`;
}

export function eventQueueJobId(job: Pick<EventJob, 'event' | 'attempt'>): string {
  return `event-${job.event}-${job.attempt}`;
}
