import { ForbiddenError } from '@codemint/shared';
import type { Response } from 'express';
import { z } from 'zod';
import { findJobBatch } from '../codes/codeBatch';
import { NOT_COMPLETE, notComplete } from '../codes/download';
import { downloadFileName } from '../codes/fileName';
import { type Answer, defineRoute, type RouteResponse } from '../http/route';
import { codeReservation } from '../items/collections/codeReservation';
import { requireKey } from '../items/presence';
import { plainFields } from '../items/query/parseQuery';
import { readItems } from '../items/read/readItems';
import { refusals } from '../items/schemas';
import type { Scope } from '../items/scope';
import { MOST_LABELS, pdfQuery, zplQuery } from './query';
import { type LabelSource, sendPdf, sendZpl } from './sendLabels';

const TAGS = ['Labels'];

const PDF = 'as a PDF of vector symbols';
const ZPL = 'in ZPL II, for printers of 203, 300 or 600 dots an inch';

const DESCRIPTION =
  `At most ${MOST_LABELS} codes. Each label has the symbol with its quiet zone, the element string in brackets (or the ` +
  'short link), and the name of the product if there is room for it. Modules of a file are alike, from 0.25 to 1 mm; ' +
  'labels that are too small for them are refused.';

const jobParams = z.object({ id: z.string().describe('Id of the job') });
const reservationParams = z.object({ id: z.string().describe('Id of the reservation') });

const file = (contentType: string): RouteResponse => ({ description: 'The file', contentType });

export const labelRoutes = [
  defineRoute({
    method: 'get',
    path: '/items/identifier_job/{id}/labels.pdf',
    summary: `Labels of a complete job's codes ${PDF}`,
    description: DESCRIPTION,
    tags: TAGS,
    access: { collection: 'identifier_job' },
    request: { params: jobParams, query: pdfQuery },
    responses: { 200: file('application/pdf'), ...refusals, 409: NOT_COMPLETE },
    handler: (context, { params, caller, query, response }) =>
      ofJob({ context, caller }, params.id, response, (scope, source) => sendPdf(scope, source, query)),
  }),
  defineRoute({
    method: 'get',
    path: '/items/identifier_job/{id}/labels.zpl',
    summary: `Labels of a complete job's codes ${ZPL}`,
    description: DESCRIPTION,
    tags: TAGS,
    access: { collection: 'identifier_job' },
    request: { params: jobParams, query: zplQuery },
    responses: { 200: file('application/zpl'), ...refusals, 409: NOT_COMPLETE },
    handler: (context, { params, caller, query, response }) =>
      ofJob({ context, caller }, params.id, response, (scope, source) => sendZpl(scope, source, query)),
  }),
  defineRoute({
    method: 'get',
    path: '/items/code_reservation/{id}/labels.pdf',
    summary: `Labels of a reservation's codes ${PDF}`,
    description: DESCRIPTION,
    tags: TAGS,
    access: { collection: 'code_reservation' },
    request: { params: reservationParams, query: pdfQuery },
    responses: { 200: file('application/pdf'), ...refusals },
    handler: async (context, { params, caller, query, response }) => {
      const scope = { context, caller };
      return sendPdf(scope, await reservationSource(scope, params.id, response), query);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/items/code_reservation/{id}/labels.zpl',
    summary: `Labels of a reservation's codes ${ZPL}`,
    description: DESCRIPTION,
    tags: TAGS,
    access: { collection: 'code_reservation' },
    request: { params: reservationParams, query: zplQuery },
    responses: { 200: file('application/zpl'), ...refusals },
    handler: async (context, { params, caller, query, response }) => {
      const scope = { context, caller };
      return sendZpl(scope, await reservationSource(scope, params.id, response), query);
    },
  }),
];

/** @throws ForbiddenError when the job is not there or not the caller's */
async function ofJob(
  scope: Scope,
  id: string,
  response: Response,
  send: (scope: Scope, source: LabelSource) => Promise<Answer>,
): Promise<Answer> {
  const job = await findJobBatch(scope.context.database.pool, scope.caller, id);
  if (job === undefined) throw new ForbiddenError();
  if (job.status !== 'complete') return notComplete(job);
  return send(scope, {
    filter: { identifier_job: { _eq: job.jobId } },
    fileName: (extension) => downloadFileName(id, [job.referenceId], extension),
    audited: { collection: 'identifier_job', item: job.jobId, accountId: job.accountId },
    response,
  });
}

/** @throws ForbiddenError when the reservation is not there or not the caller's */
async function reservationSource(scope: Scope, id: string, response: Response): Promise<LabelSource> {
  const key = requireKey(codeReservation, id);
  const [reservation] = await readItems(scope, codeReservation, {
    fields: plainFields(['account', 'purchase_order', 'reference_id']),
    keys: [key],
  });
  if (reservation === undefined) throw new ForbiddenError();
  const names = [reservation.purchase_order, reservation.reference_id] as (string | null)[];
  return {
    filter: { reservation: { _eq: key } },
    fileName: (extension) => downloadFileName(key, names, extension),
    audited: { collection: codeReservation.name, item: key, accountId: reservation.account as string },
    response,
  };
}
