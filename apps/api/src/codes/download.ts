import { createHash } from 'node:crypto';
import { type Caller, type Client, streamChunks } from '@codemint/db';
import { ForbiddenError } from '@codemint/shared';
import type { Request, Response } from 'express';
import { type Answer, json, written } from '../http/route';
import { type CodeJob, findCodeJob } from './codeJob';
import { attachment, downloadFileName } from './fileName';
import { DOWNLOAD_FORMATS, type DownloadFormatName, type Layout } from './layouts';
import { linkHeads } from './links';
import { RowWriter } from './rowWriter';
import { primed, sendParts } from './sendParts';

/** Which file is asked for, and by whom. */
interface Download {
  caller: Caller;
  jobId: string;
  format: DownloadFormatName;
  http: Request;
  response: Response;
}

/**
 * Sends all codes of a job as a file, in the order of making, at constant memory. A job that is not complete is a 409.
 * @throws ForbiddenError when the job is not there or not the caller's
 */
export async function sendDownload(client: Client, download: Download): Promise<Answer> {
  const { caller, jobId, format, http, response } = download;
  const job = await findCodeJob(client, caller, jobId);
  if (job === undefined) throw new ForbiddenError();
  if (job.status !== 'complete') return notComplete(job);
  const layout = DOWNLOAD_FORMATS[format].layout(linkHeads(job).digitalLink);
  const writer = new RowWriter(layout, job.width);
  const gzip = http.acceptsEncodings('gzip', 'identity') === 'gzip';
  const tag = entityTag(job, layout, gzip);
  if (isNotModified(http, tag)) {
    response.status(304).set(cacheHeaders(tag)).end();
    return written;
  }
  const headers = {
    ...cacheHeaders(tag),
    'content-type': DOWNLOAD_FORMATS[format].contentType,
    'content-disposition': attachment(downloadFileName(job, format)),
    'accept-ranges': 'none',
    ...(gzip ? { 'content-encoding': 'gzip' } : { 'content-length': String(writer.size(job.created)) }),
  };
  if (http.method === 'HEAD') {
    response.set(headers).end();
    return written;
  }
  const parts = await primed(fileParts(client, job, layout, writer));
  await sendParts(response.set(headers), parts, gzip);
  return written;
}

function notComplete({ id, status, created, quantity }: CodeJob): Answer {
  const message = `Job "${id}" is not complete: ${created} of ${quantity} codes are made.`;
  return json(
    { errors: [{ message, extensions: { status, created, quantity, code: 'JOB_NOT_COMPLETE' } }] },
    409,
  );
}

/** A complete job's codes never change: the tag is of all that the bytes depend on. */
function entityTag({ id, batchId, created }: CodeJob, layout: Layout, gzip: boolean): string {
  const content = JSON.stringify([id, String(batchId), created, layout]);
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 27);
  return `"${hash}${gzip ? '-gzip' : ''}"`;
}

/** A cache may keep the file for its one caller, and asks each time: the job may be deleted or access withdrawn. */
function cacheHeaders(tag: string): Record<string, string> {
  return { etag: tag, vary: 'Accept-Encoding', 'cache-control': 'private, no-cache' };
}

function isNotModified(http: Request, tag: string): boolean {
  const known = http.headers['if-none-match'];
  if (known === undefined) return false;
  return known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

async function* fileParts(
  client: Client,
  job: CodeJob,
  layout: Layout,
  writer: RowWriter,
): AsyncGenerator<Buffer> {
  if (layout.head !== '') yield Buffer.from(layout.head);
  let bytes = 0;
  for await (const { codes } of streamChunks(client, job.batchId)) {
    yield writer.rows(codes, bytes === 0);
    bytes += codes.length;
  }
  // The job was deleted meanwhile. The caller must not take what he has for all of it.
  if (bytes !== job.created * job.width) throw new Error(`the codes of job ${job.id} are not all there`);
  if (layout.tail !== '') yield Buffer.from(layout.tail);
}
