import type { Item } from '../items/scope';
import type { CodeJob } from './codeJob';
import { linkHeads } from './links';

/** The only one so far. */
export const CODE_STATUS = 'unassigned';

/** An item of the collection unique_code. */
export function uniqueCodeItem(job: CodeJob, id: string, code: string): Item {
  const { digitalLink, epcJoinKey } = linkHeads(job);
  return {
    id,
    user_created: job.userCreated,
    date_created: job.dateCreated,
    user_updated: null,
    date_updated: null,
    digital_link: digitalLink + code,
    code,
    product: job.product,
    identifier_job: job.id,
    epc_join_key: epcJoinKey + code,
    status: CODE_STATUS,
    type: job.type,
    custom_id: null,
  };
}
