import { ResourceIds } from '@codemint/shared';
import { z } from 'zod';
import { defineRoute, json, type Route } from '../../http/route';
import { adisDialect } from '../dialect';
import { listQuery } from '../lists/listRequest';
import { listAnswer, refusal, refusals, resourceId, TAG } from '../schemas';
import { actionDocument, actionSchema } from './actionDocument';
import { ALL_TYPES, eventOfAction, thngOfId } from './findThng';
import { answerActions, answerThngs } from './listThngs';
import { thngDocument, thngSchema } from './thngDocument';

const COMMON = { tags: [TAG], access: 'token', dialect: adisDialect } as const;

const thngParams = z.object({ id: resourceId('Id of the Thng') });
const notFound = { ...refusals, 404: refusal('There is no such thing that the caller may see') };

const list = defineRoute({
  ...COMMON,
  method: 'get',
  path: '/thngs',
  summary: 'List Thngs',
  description:
    'Thngs of completed orders, the latest order first. The filter knows `tags`, `product`, `project` and ' +
    '`identifiers.<key>`; by an identifier of its own a Thng is found at once, however many there are.',
  request: { query: listQuery },
  responses: { 200: listAnswer(thngSchema), ...refusals },
  handler: (context, { caller, query, http }) => answerThngs(context, caller, query, http),
});

const thng = defineRoute({
  ...COMMON,
  method: 'get',
  path: '/thngs/{id}',
  summary: 'Read a Thng',
  request: { params: thngParams },
  responses: { 200: { description: 'The Thng', schema: thngSchema }, ...notFound },
  async handler(context, { params, caller }) {
    const found = await thngOfId(context, caller, params.id);
    return json(thngDocument(new ResourceIds(context.ring), found));
  },
});

const ofType = thngParams.extend({
  type: z.string().describe('Type of the action, or `all`').meta({ example: 'encodings' }),
});

const ACTION_LIST = {
  ...COMMON,
  method: 'get',
  responses: { 200: listAnswer(actionSchema), ...notFound },
} as const;
const actionQuery = listQuery.omit({ filter: true });

const actions = defineRoute({
  ...ACTION_LIST,
  path: '/thngs/{id}/actions',
  summary: 'List the actions on a Thng',
  request: { params: thngParams, query: actionQuery },
  handler: (context, { params, caller, query, http }) =>
    answerActions(context, caller, { ...params, type: ALL_TYPES }, query, http),
});

const actionsOfType = defineRoute({
  ...ACTION_LIST,
  path: '/thngs/{id}/actions/{type}',
  summary: 'List the actions of one type on a Thng',
  request: { params: ofType, query: actionQuery },
  handler: (context, { params, caller, query, http }) => answerActions(context, caller, params, query, http),
});

const action = defineRoute({
  ...COMMON,
  method: 'get',
  path: '/thngs/{id}/actions/{type}/{actionId}',
  summary: 'Read an action on a Thng',
  request: { params: ofType.extend({ actionId: resourceId('Id of the action') }) },
  responses: { 200: { description: 'The action', schema: actionSchema }, ...notFound },
  async handler(context, { params, caller }) {
    const found = await thngOfId(context, caller, params.id);
    const event = await eventOfAction(context, found, params);
    return json(actionDocument(new ResourceIds(context.ring), found, event));
  },
});

export const thngRoutes: readonly Route[] = [list, thng, actions, actionsOfType, action];
