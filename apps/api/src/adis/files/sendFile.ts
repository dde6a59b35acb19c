import { findOrder, retiredKeys, type StoredOrder } from '@codemint/db';
import { ForbiddenError } from '@codemint/shared';
import type { Request, Response } from 'express';
import { recordDownload } from '../../audit/recordDownload';
import { attachment, downloadFileName } from '../../codes/fileName';
import { primed, sendParts } from '../../codes/sendParts';
import type { ApiContext } from '../../context';
import { type Answer, written } from '../../http/route';
import { fileContent } from './fileContent';
import { FILE_NAMES, type FileName, isSigned } from './signedLinks';

/** A link as it was called. */
export interface CalledLink {
  orderId: string;
  file: string;
  expires?: string | undefined;
  signature?: string | undefined;
}

/**
 * Sends a file of an order to whoever has a link to it that still holds.
 * @throws ForbiddenError for any other link; nothing is told of what is behind it. TooManyRequestsError for an address
 *   that tries many
 */
export async function sendFile(
  context: ApiContext,
  link: CalledLink,
  http: Request,
  response: Response,
): Promise<Answer> {
  const { tokens } = context.limits;
  tokens.require(http.ip);
  const { order, file } = await openLink(context, link).catch(async (error: unknown) => {
    if (error instanceof ForbiddenError) await tokens.fail(http.ip);
    throw error;
  });
  // Who has the link is not known: it was signed for somebody who read the order.
  await recordDownload(context, response, {
    collection: 'adi_order',
    item: order.id,
    accountId: order.accountId,
    details: { file, address: http.ip },
  });
  const { contentType, parts } = await fileContent(context.database.pool, order, file);
  const gzip = http.acceptsEncodings('gzip', 'identity') === 'gzip';
  // What fails at the start fails here, while the answer can still be an error.
  const body = http.method === 'HEAD' ? undefined : await primed(parts);
  const name = downloadFileName(order.id, [order.purchaseOrder], file);
  response.set({
    'content-type': contentType,
    'content-disposition': attachment(name),
    'cache-control': 'private, no-cache',
    vary: 'Accept-Encoding',
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  });
  if (body === undefined) response.end();
  else await sendParts(response, body, gzip);
  return written;
}

async function openLink(
  { database, ring }: ApiContext,
  { orderId, file: name, expires: end, signature }: CalledLink,
): Promise<{ order: StoredOrder; file: FileName }> {
  const file = FILE_NAMES.find((known) => known === name);
  if (file === undefined || end === undefined || signature === undefined) throw brokenLink();
  const expires = /^\d{10}$/.test(end) ? Number(end) : 0;
  if (expires * 1000 <= Date.now()) throw brokenLink();
  const order = await findOrder(database.pool, orderId, null);
  if (order?.state !== 'completed') throw brokenLink();
  const target = { accountId: order.accountId, orderId, file, expires };
  if (!isSigned(ring, await retiredKeys(database.pool), target, signature)) throw brokenLink();
  return { order, file };
}

function brokenLink(): ForbiddenError {
  return new ForbiddenError('This link does not hold or has ended. Read the order for a new one.');
}
