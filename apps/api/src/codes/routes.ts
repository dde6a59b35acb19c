import { ForbiddenError } from '@codemint/shared';
import { z } from 'zod';
import { defineRoute } from '../http/route';
import { findCodeJob } from './codeJob';
import { sendDownload } from './download';
import { DOWNLOAD_FORMATS, type DownloadFormatName } from './layouts';
import { readCode, sendCodes } from './listCodes';
import { sendProgress } from './sendProgress';

const TAGS = ['Codes'];

const jobParams = z.object({ id: z.string().describe('Id of the job') });

const FORMAT_NAMES = Object.keys(DOWNLOAD_FORMATS) as DownloadFormatName[];

const downloads = FORMAT_NAMES.map((format) =>
  defineRoute({
    method: 'get',
    path: `/items/identifier_job/{id}/codes.${format}`,
    summary: `All codes of a complete job: ${DOWNLOAD_FORMATS[format].description}`,
    tags: TAGS,
    access: { collection: 'identifier_job' },
    request: { params: jobParams },
    responses: {
      200: {
        description: 'The file, compressed where gzip is accepted',
        contentType: DOWNLOAD_FORMATS[format].contentType,
      },
      304: { description: 'The file of the given ETag is the current one' },
      403: { description: 'There is no such job that the caller may see' },
      409: { description: 'The job is not complete; `created` and `quantity` say how far it is' },
    },
    handler: ({ database }, { params, caller, http, response }) =>
      sendDownload(database.pool, { caller, jobId: params.id, format, http, response }),
  }),
);

const progress = defineRoute({
  method: 'get',
  path: '/items/identifier_job/{id}/progress',
  summary: 'Progress of a job as server-sent events',
  description:
    'Each event is `{"status", "quantity", "created", "rate"}`, the current state first, at most four a second; ' +
    '`rate` is in codes per second. The last state comes once more as the event `end`, and the stream is over.',
  tags: TAGS,
  access: { collection: 'identifier_job' },
  request: { params: jobParams },
  responses: {
    200: { description: 'The stream', contentType: 'text/event-stream' },
    403: { description: 'There is no such job that the caller may see' },
  },
  async handler({ database, progress: hub }, { params, caller, http, response }) {
    const job = await findCodeJob(database.pool, caller, params.id);
    if (job === undefined) throw new ForbiddenError();
    return sendProgress(hub, job.id, http, response);
  },
});

const list = defineRoute({
  method: 'get',
  path: '/items/unique_code',
  summary: 'Codes of jobs',
  description:
    'In the order in which they were made, which is that of their ids. `limit`, `offset`, `page`, `fields` and `meta` ' +
    'as everywhere; `filter` with `_eq` on `identifier_job`, `code`, `id`, `product` and `status`.',
  tags: TAGS,
  access: { collection: 'unique_code' },
  responses: {
    200: { description: 'The codes; `limit=-1` answers all of them' },
    400: { description: 'The query cannot be understood, or asks for another filter or order' },
    403: { description: 'An unknown field' },
  },
  handler: (context, { caller, http, response }) => sendCodes({ context, caller }, http, response),
});

const item = defineRoute({
  method: 'get',
  path: '/items/unique_code/{id}',
  summary: 'A code',
  tags: TAGS,
  access: { collection: 'unique_code' },
  request: { params: z.object({ id: z.string().describe('Id of the code') }) },
  responses: {
    200: { description: 'The code' },
    403: { description: 'There is no such code that the caller may see' },
  },
  handler: (context, { params, caller, http }) => readCode({ context, caller }, params.id, http),
});

export const codeRoutes = [...downloads, progress, list, item];
