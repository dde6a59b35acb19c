/** Types of identifier jobs (contract of the collection identifier_job). */
export const JOB_TYPES = ['sgtin', 'sscc', 'grai', 'short_code'] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const JOB_STATUSES = ['new', 'in_progress', 'complete', 'error'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
