import { createHash } from 'node:crypto';
import { type Client, countRegistered, streamCodeRuns, streamRegistered } from '@codemint/db';
import { escapeLinkValue, ForbiddenError } from '@codemint/shared';
import type { Request, Response } from 'express';
import { type Answer, json, written } from '../http/route';
import type { Scope } from '../items/scope';
import { type CodeBatch, findJobBatch } from './codeBatch';
import { attachment, downloadFileName } from './fileName';
import { DOWNLOAD_FORMATS, type DownloadFormatName } from './layouts';
import { linkHeads } from './links';
import { newMarks, RunWriter } from './runWriter';
import { primed, sendParts } from './sendParts';

/** Which file is asked for. */
interface Download {
  jobId: string;
  format: DownloadFormatName;
  http: Request;
  response: Response;
}

/**
 * Sends all codes of a job as a file, generated ones in the order of making, at constant memory. A job that is not
 * complete is a 409.
 * @throws ForbiddenError when the job is not there or not the caller's
 */
export async function sendDownload({ context, caller }: Scope, download: Download): Promise<Answer> {
  const { jobId, format, http, response } = download;
  const { pool } = context.database;
  const job = await findJobBatch(pool, caller, jobId);
  if (job === undefined) throw new ForbiddenError();
  if (job.status !== 'complete') return notComplete(job);
  const content = job.isSupplied
    ? await suppliedContent(pool, job, format)
    : generatedContent(pool, job, format);
  const gzip = http.acceptsEncodings('gzip', 'identity') === 'gzip';
  const tag = entityTag(job, format, content, gzip);
  if (isNotModified(http, tag)) {
    response.status(304).set(cacheHeaders(tag)).end();
    return written;
  }
  // What fails at the start fails here, while the answer can still be an error.
  const parts = http.method === 'HEAD' ? undefined : await primed(content.parts());
  const { contentType } = DOWNLOAD_FORMATS[format];
  response.set({
    ...cacheHeaders(tag),
    'content-type': contentType,
    'content-disposition': attachment(downloadFileName({ id: jobId, referenceId: job.referenceId }, format)),
    'accept-ranges': 'none',
  });
  if (gzip) response.set('content-encoding', 'gzip');
  else if (content.bytes !== undefined) response.set('content-length', String(content.bytes));
  if (parts === undefined) response.end();
  else await sendParts(response, parts, gzip);
  return written;
}

function notComplete({ jobId, status, created, quantity }: CodeBatch): Answer {
  const message = `Job "${jobId}" is not complete: ${created} of ${quantity} codes are made.`;
  return json(
    { errors: [{ message, extensions: { status, created, quantity, code: 'JOB_NOT_COMPLETE' } }] },
    409,
  );
}

/** A complete job's codes never change, but supplied ones may come besides: the tag is of all that the bytes depend on. */
function entityTag(
  { batchId, jobId, linkHost, path, type }: CodeBatch,
  format: DownloadFormatName,
  { count }: Content,
  gzip: boolean,
): string {
  const content = JSON.stringify([jobId, String(batchId), count, format, type, path, linkHost]);
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

/** What a file holds. */
interface Content {
  /** Codes. */
  count: number;
  /** Undefined where it takes all of them to know. */
  bytes?: number;
  parts(): AsyncGenerator<Buffer | string>;
}

function generatedContent(client: Client, job: CodeBatch, format: DownloadFormatName): Content {
  const { head, tail, separator, row } = DOWNLOAD_FORMATS[format];
  const marks = newMarks();
  const form = row(marks.code, linkHeads(job).digitalLink + marks.code);
  const writer = new RunWriter({ ...job, marks, separator, row: form });
  return {
    count: job.created,
    bytes: Buffer.byteLength(head) + writer.size(job.created) + Buffer.byteLength(tail),
    async *parts() {
      if (head !== '') yield head;
      let count = 0;
      for await (const run of streamCodeRuns(client, job.batchId, 0)) {
        yield writer.rows(run, count === 0);
        count += run.places.length;
      }
      // The job was deleted meanwhile. The caller must not take what he has for all of it.
      if (count !== job.created) throw new Error(`the codes of job ${job.jobId} are not all there`);
      if (tail !== '') yield tail;
    },
  };
}

async function suppliedContent(client: Client, job: CodeBatch, format: DownloadFormatName): Promise<Content> {
  const { head, tail, separator, row } = DOWNLOAD_FORMATS[format];
  const { digitalLink } = linkHeads(job);
  const batchIds = [job.batchId];
  const all = { offset: 0, limit: Number.POSITIVE_INFINITY, descending: false };
  return {
    count: await countRegistered(client, { batchIds }),
    async *parts() {
      let before: string = head;
      for await (const codes of streamRegistered(client, { batchIds }, all)) {
        yield before +
          codes.map(({ code }) => row(code, digitalLink + escapeLinkValue(code))).join(separator);
        before = separator;
      }
      yield (before === head ? head : '') + tail;
    },
  };
}
