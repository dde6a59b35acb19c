import { ssccPath } from '@codemint/shared';
import type { CodeBatch } from './codeBatch';

/** What stands before a code in its digital link and in its epc_join_key; the code ends them both. */
export interface LinkHeads {
  digitalLink: string;
  epcJoinKey: string;
}

/**
 * The heads of a batch's codes. A code follows escaped; generated ones need no escaping: they have characters that
 * Digital Link leaves as they are, `A-Za-z0-9-._~`.
 */
export function linkHeads(job: Pick<CodeBatch, 'type' | 'product' | 'linkHost'>): LinkHeads {
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
