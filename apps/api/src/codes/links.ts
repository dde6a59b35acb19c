import { ssccPath } from '@codemint/shared';
import type { CodeBatch } from './codeBatch';

/** What stands before a code in its digital link and in its epc_join_key; the code ends them both. */
export interface LinkHeads {
  digitalLink: string;
  epcJoinKey: string;
}

/**
 * The heads of a batch's codes. A code follows escaped; those of a plain batch need no escaping: they have characters
 * that Digital Link leaves as they are, `A-Za-z0-9-._~`.
 */
export function linkHeads({
  type,
  path,
  linkHost,
}: Pick<CodeBatch, 'type' | 'path' | 'linkHost'>): LinkHeads {
  const host = `https://${linkHost}`;
  if (type === 'short_code') return { digitalLink: `${host}/`, epcJoinKey: `/${linkHost}/` };
  const head = pathHead(type, path ?? '');
  return { digitalLink: host + head, epcJoinKey: head };
}

/** What stands before the serial, which an asset has right behind its type. */
function pathHead(type: 'sgtin' | 'grai' | 'sscc', path: string): string {
  if (type === 'sscc') return ssccPath('');
  return type === 'sgtin' ? `${path}/21/` : path;
}
