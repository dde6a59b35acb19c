import { type Audited, recordAudit } from '@codemint/db';
import type { Response } from 'express';
import type { ApiContext } from '../context';

/** Of a selection; a longer one is cut. */
const MOST_CHARACTERS = 2_000;

/** Tells the audit log of a file that is about to be sent: without its row nobody gets the file. */
export async function recordDownload(
  { database }: Pick<ApiContext, 'database'>,
  response: Response,
  file: Omit<Audited, 'action'> & { action?: 'download' | 'export' | 'labels' },
): Promise<void> {
  if (response.req.method === 'HEAD') return;
  await recordAudit(database.pool, database.actor, { action: 'download', ...file });
}

/** The parameters by which something was selected, without a token that may be among them. */
export function selectionOf(parameters: Readonly<Record<string, unknown>>): object {
  const { access_token: _secret, ...told } = parameters;
  const text = JSON.stringify(told);
  if (text.length > MOST_CHARACTERS) return { selection: `${text.slice(0, MOST_CHARACTERS)}…` };
  return text === '{}' ? {} : { selection: told };
}
