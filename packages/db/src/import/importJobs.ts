import { DEFAULT_LINK_HOST } from '@codemint/shared';
import type { Database } from '../connection/database';
import { requireHome } from '../restore/identity';

/** A job of a former system: the fields of the collection identifier_job as they were there. */
export interface FormerJob {
  id: string;
  user_created: string | null;
  /** ISO 8601, as all times. */
  date_created: string;
  user_updated: string | null;
  date_updated: string | null;
  length: number;
  quantity: number | null;
  account: string | null;
  reference_id: string | null;
  type: string;
  product: string | null;
  character_set: string;
  status: string;
  sscc_start_serial: number | null;
  sscc_extension_digit: number | null;
  sscc_company_prefix: string | null;
  domain: string | null;
  error_message: string | null;
  quantity_created: number | null;
}

/** SQL: the host of the links of an account's codes. */
export function accountLinkHost(accountId: string): string {
  return `coalesce((SELECT min(domain_name) FROM domain WHERE account_id = ${accountId} HAVING count(*) = 1),
                   '${DEFAULT_LINK_HOST}')`;
}

// Batch numbers are drawn first, so that one statement can write batches and jobs.
const INSERT_JOBS = `
  WITH former AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('batch', 'id')) AS batch_id, job.*
      FROM jsonb_to_recordset($1) AS job (
             id uuid, user_created uuid, date_created timestamptz, user_updated uuid, date_updated timestamptz,
             length int, quantity int, account uuid, reference_id text, type text, product text, character_set text,
             status text, sscc_start_serial bigint, sscc_extension_digit int, sscc_company_prefix text, domain uuid,
             error_message text, quantity_created int)
  ), batches AS (
    INSERT INTO batch (id, account_id, quantity, quantity_created, unassigned, status, error_message, date_created,
                       link_host)
    SELECT batch_id, account, quantity, coalesce(quantity_created, 0), 0, status, error_message, date_created,
           coalesce((SELECT domain_name FROM domain WHERE id = former.domain), ${accountLinkHost('former.account')})
      FROM former
  )
  INSERT INTO identifier_job (id, user_created, date_created, user_updated, date_updated, length, quantity, account_id,
                              reference_id, type, product, character_set, sscc_start_serial, sscc_extension_digit,
                              sscc_company_prefix, domain, batch_id)
  SELECT id, user_created, date_created, user_updated, date_updated, length, quantity, account, reference_id, type,
         product, character_set, sscc_start_serial, sscc_extension_digit, sscc_company_prefix, domain, batch_id
    FROM former`;

/**
 * Brings over jobs of a former system, all or none. They stay as they were there, whatever their status: no number is
 * allotted to them and no worker takes them up. Their codes come by `importCodes`. A job that is new has no
 * quantity_created, as all here.
 * @throws what Postgres says of an id that is taken, or of an account, product or domain that does not exist
 */
export async function importJobs({ pool }: Database, jobs: readonly FormerJob[]): Promise<void> {
  await requireHome(pool);
  await pool.query(INSERT_JOBS, [JSON.stringify(jobs)]);
}
