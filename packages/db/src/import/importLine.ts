import type { CodemintError } from '@codemint/shared';

/** A code already in the field, as a line of a file tells it. */
export interface ImportLine {
  /** Counted from 1, for the report. */
  line: number;
  /** Id of a product: the code is a serial of its GTIN or GRAI. Either this or `domain`. */
  product?: string | null;
  /** Name or id of a domain: the code is a short code of it. */
  domain?: string | null;
  /** The bare serial or short code. */
  code?: string | null;
  /** A uuid that the code has already. */
  id?: string | null;
  status?: string | null;
  /** The rest is for codes that are brought over from a former system, never from a caller's file. */
  custom_id?: string | null;
  user_created?: string | null;
  /** ISO 8601. */
  date_created?: string | null;
  /** Job of `importJobs` that the code belongs to. */
  identifier_job?: string | null;
}

/** A line that says nothing that could be understood. */
export interface UnreadableLine {
  line: number;
  error: CodemintError;
}

/** Fields of a line that a caller's file may have. */
export const IMPORT_FIELDS = ['product', 'domain', 'code', 'id', 'status'] as const;
