import { sliceJobSchema, sliceQueueJobId } from '../src/queues';

const job = { sliceId: '12', batchId: '3', ordinal: 0, attempt: 1, job: 'a job', referenceId: null };

describe('queue jobs', () => {
  test('a slice job keeps bigints as strings', () => {
    expect(sliceJobSchema.parse({ ...job, sliceId: '9007199254740993' }).sliceId).toBe('9007199254740993');
    expect(sliceJobSchema.safeParse({ ...job, sliceId: 12 }).success).toBe(false);
  });

  test('each run of a slice has an id of its own', () => {
    expect(sliceQueueJobId(job)).toBe('slice-12-1');
    expect(sliceQueueJobId({ ...job, attempt: 2 })).toBe('slice-12-2');
  });
});
