import type { IssuedCode } from '@codemint/db';
import { codeId } from '@codemint/shared';
import type { Item } from '../items/scope';
import type { CodeJob } from './codeJob';
import { linkHeads } from './links';

/** Makes items of the collection unique_code of one job's codes, which differ in little. */
export function itemMaker(job: CodeJob): (code: IssuedCode) => Item {
  const { digitalLink, epcJoinKey } = linkHeads(job);
  const dateCreated = job.dateCreated.toISOString();
  return ({ batchId, place, code }) => ({
    id: codeId(batchId, place),
    user_created: job.userCreated,
    date_created: dateCreated,
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
  });
}

/** The only one so far. */
export const CODE_STATUS = 'unassigned';
