import { type JobPlanRequest, planJob } from '@codemint/db';
import { type FieldIssue, MAX_SGTIN_96_LENGTH, ValidationError } from '@codemint/shared';

/** What a job has where nothing is said of it. */
export const JOB_DEFAULTS = { length: 8, characterSet: 'alphanumeric' } as const;

/** The same for serials that fit SGTIN-96: of 12 digits there are most, and most is what makes a guess least likely. */
export const SGTIN_96_DEFAULTS = { length: MAX_SGTIN_96_LENGTH, characterSet: 'numeric' } as const;

/** What the rules about codes say against a job. */
export function jobIssues(job: JobPlanRequest, maxQuantity: number): readonly FieldIssue[] {
  try {
    planJob(job, maxQuantity);
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.issues;
    throw error;
  }
}
