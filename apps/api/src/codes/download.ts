import { createHash } from 'node:crypto';
import { type Client, countRegistered, streamCodeRuns, streamRegistered } from '@codemint/db';
import { ForbiddenError } from '@codemint/shared';
import type { Request, Response } from 'express';
import { recordDownload } from '../audit/recordDownload';
import { type Answer, json, type RouteResponse, written } from '../http/route';
import { identifierJob } from '../items/collections/identifierJob';
import type { Scope } from '../items/scope';
import { type CodeBatch, findJobBatch } from './codeBatch';
import type { CodePage } from './codeSource';
import { type BatchColumns, ColumnSource, type WantedColumns } from './columns/batchColumns';
import { codeFile } from './columns/codeFile';
import type { CodeFormat, CodeLayout } from './columns/codeFormat';
import { parseColumns, parseFilterValue } from './columns/names';
import { columnSubject } from './columns/subject';
import { attachment, downloadFileName } from './fileName';
import { DOWNLOAD_FORMATS, type DownloadFormatName, requireColumns, requireRows } from './layouts';
import { primed, sendParts } from './sendParts';

/** Which file is asked for. */
interface Download {
  jobId: string;
  format: DownloadFormatName;
  /** `columns` and `filter_value`. */
  parameters: Readonly<Record<string, unknown>>;
  http: Request;
  response: Response;
}

/**
 * Sends all codes of a job as a file, generated ones in the order of making, at constant memory. A job that is not
 * complete is a 409.
 * @throws ForbiddenError when the job is not there or not the caller's, InvalidQueryError
 */
export async function sendDownload({ context, caller }: Scope, download: Download): Promise<Answer> {
  const { jobId, format: name, parameters, http, response } = download;
  const { pool } = context.database;
  const columns = parseColumns(parameters.columns);
  const filterValue = parseFilterValue(parameters.filter_value);
  const format: CodeFormat = DOWNLOAD_FORMATS[name];
  requireColumns(format, columns);
  const job = await findJobBatch(pool, caller, jobId);
  if (job === undefined) throw new ForbiddenError();
  if (job.status !== 'complete') return notComplete(job);
  const content = await contentOf(pool, job, { format, columns, filterValue });
  requireRows(format, content.count);
  const gzip = format.pack === undefined && http.acceptsEncodings('gzip', 'identity') === 'gzip';
  const tag = entityTag(job, content, [name, columns, filterValue, gzip]);
  if (isNotModified(http, tag)) {
    response.status(304).set(cacheHeaders(tag)).end();
    return written;
  }
  await recordDownload(context, response, {
    collection: identifierJob.name,
    item: job.jobId,
    accountId: job.accountId,
    details: { format: name, quantity: content.count, columns },
  });
  // What fails at the start fails here, while the answer can still be an error.
  const parts = http.method === 'HEAD' ? undefined : await primed(content.parts());
  response.set({
    ...cacheHeaders(tag),
    'content-type': format.contentType,
    'content-disposition': attachment(downloadFileName(jobId, [job.referenceId], format.extension)),
    'accept-ranges': 'none',
  });
  if (gzip) response.set('content-encoding', 'gzip');
  else if (content.bytes !== undefined) response.set('content-length', String(content.bytes));
  if (parts === undefined) response.end();
  else await sendParts(response, parts, gzip);
  return written;
}

/** The answer about a job whose codes are not all there. */
export function notComplete({ jobId, status, created, quantity }: Progress): Answer {
  return json(notCompleteBody({ jobId, status, created, quantity }), 409);
}

type Progress = Pick<CodeBatch, 'jobId' | 'status' | 'created' | 'quantity'>;

function notCompleteBody({ jobId, status, created, quantity }: Progress) {
  const message = `Job "${jobId}" is not complete: ${created} of ${quantity} codes are made.`;
  return { errors: [{ message, extensions: { status, created, quantity, code: 'JOB_NOT_COMPLETE' } }] };
}

/** The same for the description. */
export const NOT_COMPLETE: RouteResponse = {
  description: 'The job is not complete; `created` and `quantity` say how far it is',
  example: notCompleteBody({
    jobId: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
    status: 'in_progress',
    created: 40,
    quantity: 100,
  }),
};

/** A complete job's codes never change, but supplied ones may come besides: the tag is of all that the bytes depend on. */
function entityTag(
  { batchId, jobId, linkHost, path, type }: CodeBatch,
  { count, columns }: Content,
  [format, names, filterValue, gzip]: [string, unknown, number, boolean],
): string {
  const { prefixLength, made } = columns;
  const asked = [format, names, filterValue, prefixLength, made];
  const content = JSON.stringify([jobId, String(batchId), count, type, path, linkHost, asked]);
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
  columns: BatchColumns;
  /** Undefined where it takes all of them to know. */
  bytes: number | undefined;
  parts(): AsyncGenerator<Buffer | string>;
}

async function contentOf(client: Client, job: CodeBatch, wanted: WantedColumns): Promise<Content> {
  const { format } = wanted;
  const { batchId, isSupplied, created } = job;
  const count = isSupplied ? await countRegistered(client, { batchIds: [batchId] }) : created;
  const { made } = await columnSubject(client, job);
  const layout = format.open(wanted.columns, made);
  const source = new ColumnSource(client, wanted, layout);
  const columns = await source.of(job);
  const isPlain = format.pack === undefined && layout.groups === undefined && !isSupplied;
  return {
    count,
    columns,
    bytes: isPlain ? bytesOf(layout, columns, count) : undefined,
    parts: () =>
      codeFile(format, layout, source, isSupplied ? suppliedPages(client, job) : madePages(client, job)),
  };
}

function bytesOf({ rows: { head, tail } }: CodeLayout, { rows }: BatchColumns, count: number) {
  const bytes = rows.size(count);
  return bytes === undefined ? undefined : Buffer.byteLength(head) + bytes + Buffer.byteLength(tail);
}

async function* madePages(client: Client, job: CodeBatch): AsyncGenerator<CodePage> {
  let count = 0;
  for await (const run of streamCodeRuns(client, job.batchId, 0)) {
    yield { kind: 'generated', batch: job, run };
    count += run.places.length;
  }
  // The job was deleted meanwhile. The caller must not take what he has for all of it.
  if (count !== job.created) throw new ForbiddenError();
}

async function* suppliedPages(client: Client, job: CodeBatch): AsyncGenerator<CodePage> {
  const all = { offset: 0, limit: Number.POSITIVE_INFINITY, descending: false };
  for await (const codes of streamRegistered(client, { batchIds: [job.batchId] }, all)) {
    yield { kind: 'registered', codes: codes.map((code) => ({ batch: job, code })) };
  }
}
