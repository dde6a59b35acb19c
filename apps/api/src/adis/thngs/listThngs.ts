import { type Caller, listActions, listThngs, placeOfThng, type ThngFilter } from '@codemint/db';
import { ResourceIds } from '@codemint/shared';
import type { Request } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../../context';
import type { Answer } from '../../http/route';
import { AdiError } from '../errors';
import { answerPage } from '../lists/answerPage';
import { type listQuery, parseListRequest, startOf } from '../lists/listRequest';
import { actionDocument } from './actionDocument';
import { oneType, thngOfId } from './findThng';
import { thngDocument } from './thngDocument';

type ListQuery = z.output<typeof listQuery>;

const FIELDS = ['tags', 'product', 'project', 'identifiers'] as const;

/** Each may be a code of any of the account's pools, which is found by decoding it. */
const MAX_IDENTIFIERS = 20;

/** Answers a page of the Thngs that the caller may see. */
export async function answerThngs(
  context: ApiContext,
  caller: Caller,
  query: ListQuery,
  http: Request,
): Promise<Answer> {
  const { database, ring } = context;
  const request = parseListRequest(query, FIELDS);
  requireFew(request.filters);
  const selection = { accountId: caller.accountId, filters: request.filters, ...startOf(request) };
  const ids = new ResourceIds(ring);
  return answerPage(context, http, request, {
    path: '/thngs',
    read: (limit) => listThngs(database.pool, ring, { ...selection, limit }),
    positionOf: (thng) => String(placeOfThng(thng)),
    shape: (thng) => thngDocument(ids, thng),
  });
}

function requireFew(filters: readonly ThngFilter[]): void {
  const count = filters.reduce((sum, { on, values }) => sum + (on === 'identifiers' ? values.length : 0), 0);
  if (count <= MAX_IDENTIFIERS) return;
  throw new AdiError(80000110, `The filter names ${count} identifiers, ${MAX_IDENTIFIERS} are the most.`);
}

/** Answers a page of the actions on a Thng. @throws NotFoundError */
export async function answerActions(
  context: ApiContext,
  caller: Caller,
  { id, type }: { id: string; type: string },
  query: ListQuery,
  http: Request,
): Promise<Answer> {
  const thng = await thngOfId(context, caller, id);
  const request = parseListRequest(query, []);
  const start = startOf(request);
  const ids = new ResourceIds(context.ring);
  return answerPage(context, http, request, {
    path: `/thngs/${id}/actions/${encodeURIComponent(type)}`,
    read: (limit) =>
      listActions(context.database.pool, thng.order.id, thng.number, {
        type: oneType(type),
        ...start,
        limit,
      }),
    positionOf: ({ number }) => String(number),
    shape: (event) => actionDocument(ids, thng, event),
  });
}
