import { type Caller, findUser, firstAccountId, type UserSummary } from '@codemint/db';
import { isUuid } from '@codemint/shared';
import { z } from 'zod';
import { defineRoute, json, type Route } from '../../http/route';
import { adisDialect } from '../dialect';
import { NotFoundError } from '../errors';
import { refusal, refusals, TAG, time } from '../schemas';
import { withoutNull } from '../withoutNull';

const COMMON = { tags: [TAG], dialect: adisDialect };

const access = defineRoute({
  ...COMMON,
  method: 'get',
  path: '/access',
  summary: 'Whose the token is',
  access: 'token',
  responses: {
    200: {
      description: 'The account and the user; of an administrator of all accounts the first account',
      schema: z.object({
        account: z.guid(),
        actor: z.object({ type: z.literal('operator'), id: z.guid() }),
      }),
    },
    ...refusals,
  },
  async handler({ database }, { caller }) {
    const account = caller.accountId ?? (await firstAccountId(database));
    return json({ account, actor: { type: 'operator', id: caller.userId } });
  },
});

const operator = defineRoute({
  ...COMMON,
  method: 'get',
  path: '/operators/{id}',
  summary: 'Read a user',
  description: 'Oneself, or as an administrator any user that one may see.',
  access: 'token',
  request: { params: z.object({ id: z.string().meta({ description: 'Of the user' }) }) },
  responses: {
    200: {
      description: 'The user',
      schema: z.object({
        id: z.guid(),
        email: z.string(),
        firstName: z.string().optional(),
        lastName: z.string().optional(),
        createdAt: time,
      }),
    },
    ...refusals,
    404: refusal('There is no such user that the caller may see'),
  },
  async handler({ database }, { caller, params }) {
    const user = isUuid(params.id) ? await findUser(database, params.id) : null;
    if (user === null || !maySee(caller, user)) throw new NotFoundError('Operator not found.');
    return json(operatorDocument(user));
  },
});

function maySee({ userId, role, accountId }: Caller, user: UserSummary): boolean {
  if (user.id === userId) return true;
  return role === 'admin' && (accountId === null || user.account_id === accountId);
}

/** The official client writes these over its own members, such as `account` and `role`: they must not be named so. */
function operatorDocument({ id, email, first_name, last_name, date_created }: UserSummary): object {
  return withoutNull({
    id,
    email,
    firstName: first_name,
    lastName: last_name,
    createdAt: date_created.getTime(),
  });
}

export const accessRoutes: readonly Route[] = [access, operator];
