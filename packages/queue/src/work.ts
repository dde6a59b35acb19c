import {
  type EventJob,
  eventJobSchema,
  eventQueueJobId,
  QUEUE_NAMES,
  type QueueName,
  type RegistrationJob,
  registrationJobSchema,
  registrationQueueJobId,
  type SliceJob,
  sliceJobSchema,
  sliceQueueJobId,
} from '@codemint/shared';
import { type JobsOptions, UnrecoverableError } from 'bullmq';
import { jobOptions, MAX_PRIORITY } from './tuning';

/** What the jobs of each queue carry. */
export interface QueueWork {
  [QUEUE_NAMES.identifierJobs]: SliceJob;
  [QUEUE_NAMES.adiOrders]: SliceJob | RegistrationJob;
  [QUEUE_NAMES.adiEvents]: EventJob;
}

/** A piece of work that is put into a queue. */
export type Work = QueueWork[QueueName];

/** The part of a zod schema that is used here. */
interface Schema<Payload> {
  safeParse(data: unknown): { success: true; data: Payload } | { success: false; error: Error };
}

/** The kinds of work of a queue are told apart by these. */
const SCHEMAS: { [Name in QueueName]: readonly Schema<QueueWork[Name]>[] } = {
  [QUEUE_NAMES.identifierJobs]: [sliceJobSchema],
  [QUEUE_NAMES.adiOrders]: [sliceJobSchema, registrationJobSchema],
  [QUEUE_NAMES.adiEvents]: [eventJobSchema],
};

/** @throws UnrecoverableError when no payload of the queue looks like this */
export function readWork<Name extends QueueName>(queue: Name, data: unknown): QueueWork[Name] {
  const complaints: string[] = [];
  for (const schema of SCHEMAS[queue]) {
    const reading = schema.safeParse(data);
    if (reading.success) return reading.data;
    complaints.push(reading.error.message);
  }
  throw new UnrecoverableError(`unreadable payload: ${complaints.join(' or ')}`);
}

/** As BullMQ takes it. */
export interface QueueJob {
  queue: QueueName;
  /** What a person looks for on the dashboard. */
  name: string;
  data: Work;
  opts: JobsOptions & { jobId: string };
}

export function queueJob(work: Work): QueueJob {
  const { queue, name, jobId, priority } = ticket(work);
  return { queue, name, data: work, opts: { ...jobOptions(), jobId, priority } };
}

/** Early slices of every batch come before later ones of any; the ids of an order are like a first slice. */
function ticket(work: Work): { queue: QueueName; name: string; jobId: string; priority: number } {
  if ('sliceId' in work) {
    const priority = Math.min(work.ordinal + 1, MAX_PRIORITY);
    return { queue: work.queue, name: work.referenceId ?? work.job, jobId: sliceQueueJobId(work), priority };
  }
  const name = work.purchaseOrder;
  if ('event' in work) {
    return { queue: QUEUE_NAMES.adiEvents, name, jobId: eventQueueJobId(work), priority: 1 };
  }
  return { queue: QUEUE_NAMES.adiOrders, name, jobId: registrationQueueJobId(work), priority: 1 };
}
