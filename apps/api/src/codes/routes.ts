import { ForbiddenError } from '@codemint/shared';
import { z } from 'zod';
import { defineRoute } from '../http/route';
import { uniqueCode } from '../items/collections/uniqueCode';
import {
  changesSchema,
  exportableAnswer,
  itemAnswer,
  itemQuery,
  listAnswer,
  listQuery,
  refusals,
} from '../items/schemas';
import { bulkChangesSchema } from '../items/write/bodies';
import { changeCode, changeCodes } from './changeCodes';
import { findJobBatch } from './codeBatch';
import { columnParameters } from './columns/names';
import { NOT_COMPLETE, sendDownload } from './download';
import { jobProgress } from './jobProgress';
import { DOWNLOAD_FORMATS, type DownloadFormatName } from './layouts';
import { answerCodes, readCode, searchCodes } from './listCodes';
import { exportReservation } from './reservationExport';
import { sendProgress } from './sendProgress';

const TAGS = ['Codes'];

const jobParams = z.object({ id: z.string().describe('Id of the job') });

/** What a PATCH does. */
const STATUS_CHANGE =
  'Only `status` changes; other fields may be sent and keep the value that the server gives them. A code that is ' +
  '`unassigned` again leaves its reservation.';

const FORMAT_NAMES = Object.keys(DOWNLOAD_FORMATS) as DownloadFormatName[];

const downloads = FORMAT_NAMES.map((format) =>
  defineRoute({
    method: 'get',
    path: `/items/identifier_job/{id}/codes.${format}`,
    summary: `All codes of a complete job: ${DOWNLOAD_FORMATS[format].description}`,
    tags: TAGS,
    access: { collection: 'identifier_job' },
    request: { params: jobParams, query: z.looseObject(columnParameters) },
    responses: {
      ...refusals,
      200: {
        description: 'The file, compressed where gzip is accepted',
        contentType: DOWNLOAD_FORMATS[format].contentType,
      },
      304: { description: 'The file of the given ETag is the current one' },
      403: { description: 'There is no such job that the caller may see' },
      409: NOT_COMPLETE,
    },
    handler: (context, { params, query, caller, http, response }) =>
      sendDownload({ context, caller }, { jobId: params.id, format, parameters: query, http, response }),
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
    const job = await findJobBatch(database.pool, caller, params.id);
    if (job === undefined) throw new ForbiddenError();
    return sendProgress(hub, jobProgress(params.id.toLowerCase()), http, response);
  },
});

/** Files of codes may have formats that no other collection has. */
const exported = exportableAnswer(uniqueCode, [
  DOWNLOAD_FORMATS.txt.contentType,
  DOWNLOAD_FORMATS.ndjson.contentType,
  DOWNLOAD_FORMATS.xlsx.contentType,
  DOWNLOAD_FORMATS.epcis.contentType,
]);

const list = defineRoute({
  method: 'get',
  path: '/items/unique_code',
  summary: 'List codes',
  description:
    'In the order of their ids, which for generated codes is that in which they were made. Questions that ids, codes, ' +
    'jobs, products, types, statuses and reservations answer may be about any number of codes; any other filter, order or ' +
    'aggregate takes a look at each code and is refused where there are too many. A file of codes of one type may have ' +
    '`columns` instead of `fields`; besides the formats of `export` it may be `txt`, `ndjson`, `xlsx` or `epcis`, which ' +
    'have the columns of a download of that format unless others are asked for.',
  tags: TAGS,
  access: { collection: 'unique_code' },
  request: { query: listQuery.extend(columnParameters) },
  responses: { 200: exported, ...refusals },
  handler: (context, { caller, query, response }) => answerCodes({ context, caller }, query, response),
});

const search = defineRoute({
  method: 'search',
  path: '/items/unique_code',
  summary: 'List codes by a query in the body',
  tags: TAGS,
  access: { collection: 'unique_code' },
  request: { body: z.unknown() },
  responses: { 200: exported, ...refusals },
  handler: (context, { caller, body, response }) => searchCodes({ context, caller }, body, response),
});

const item = defineRoute({
  method: 'get',
  path: '/items/unique_code/{id}',
  summary: 'Read one code',
  tags: TAGS,
  access: { collection: 'unique_code' },
  request: { params: z.object({ id: z.string().describe('Id of the code') }), query: itemQuery },
  responses: { 200: itemAnswer(uniqueCode), ...refusals },
  handler: (context, { params, caller, query }) => readCode({ context, caller }, params.id, query),
});

const change = defineRoute({
  method: 'patch',
  path: '/items/unique_code/{id}',
  summary: 'Change the status of a code',
  description: STATUS_CHANGE,
  tags: TAGS,
  access: { collection: 'unique_code' },
  request: {
    params: z.object({ id: z.string().describe('Id of the code') }),
    query: itemQuery,
    body: z.unknown(),
    describedBody: changesSchema(uniqueCode),
  },
  responses: { 200: itemAnswer(uniqueCode), ...refusals },
  handler: (context, { params, caller, body, query }) =>
    changeCode({ context, caller }, params.id, body, query),
});

const changeMany = defineRoute({
  method: 'patch',
  path: '/items/unique_code',
  summary: 'Change the status of codes, all or none',
  description:
    `${STATUS_CHANGE} By a query as many codes as an identifier_job may have are changed at a time; those that ` +
    'somebody else takes meanwhile are left alone, and are not answered. The query needs a `filter`, or a `limit`: -1 ' +
    'for all codes.',
  tags: TAGS,
  access: { collection: 'unique_code' },
  request: { query: itemQuery, body: z.unknown(), describedBody: bulkChangesSchema(uniqueCode) },
  responses: { 200: listAnswer(uniqueCode), ...refusals },
  handler: (context, { caller, body, query, response }) =>
    changeCodes({ context, caller }, body, query, response),
});

const reservationFile = defineRoute({
  method: 'get',
  path: '/items/code_reservation/{id}/export',
  summary: 'All codes of a reservation as a file',
  description:
    'In its `export_type`, as an export of `unique_code` has them, with the same `fields`; named after its ' +
    '`purchase_order`, else its `reference_id`, else its id.',
  tags: TAGS,
  access: { collection: 'code_reservation' },
  request: {
    params: z.object({ id: z.string().describe('Id of the reservation') }),
    query: itemQuery.extend(columnParameters),
  },
  responses: {
    200: {
      description: 'The file: CSV, JSON or XML',
      contentType: 'text/csv; charset=utf-8',
      files: ['application/json', 'text/xml'],
    },
    ...refusals,
  },
  handler: (context, { params, caller, query, response }) =>
    exportReservation({ context, caller }, params.id, query, response),
});

export const codeRoutes = [...downloads, progress, list, search, item, change, changeMany, reservationFile];
