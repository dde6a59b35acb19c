import { ssccPath } from '@codemint/shared';
import type { CodeJob } from './codeJob';

/** What stands before a code in its digital link and in its epc_join_key; the code ends them both. */
export interface LinkHeads {
  digitalLink: string;
  epcJoinKey: string;
}

/**
 * The heads of a job's codes. A code follows as it is: the characters of every set are those that Digital Link leaves
 * unescaped, `A-Za-z0-9-._~`.
 */
export function linkHeads(job: Pick<CodeJob, 'type' | 'product' | 'linkHost'>): LinkHeads {
  const host = `https://${job.linkHost}`;
  if (job.type === 'short_code') return { digitalLink: `${host}/`, epcJoinKey: `/${job.linkHost}/` };
  const path = pathHead(job.type, job.product ?? '');
  return { digitalLink: host + path, epcJoinKey: path };
}

/** A product's id is the path of all of its items. */
function pathHead(type: 'sgtin' | 'grai' | 'sscc', product: string): string {
  if (type === 'sscc') return ssccPath('');
  return type === 'sgtin' ? `${product}/21/` : product;
}
