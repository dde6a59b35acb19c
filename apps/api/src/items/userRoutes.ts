import { defineRoute, json, type Route } from '../http/route';
import { users } from './collections/users';
import { readItem } from './read/answers';
import { readRoutes } from './read/routes';
import { itemAnswer, itemQuery, refusals } from './schemas';

/** Who calls, by his token alone. */
const me = defineRoute({
  method: 'get',
  path: '/users/me',
  summary: 'Read the user of the token',
  tags: [users.name],
  access: 'token',
  request: { query: itemQuery },
  responses: { 200: itemAnswer(users), ...refusals },
  async handler(context, { caller, query }) {
    return json({ data: await readItem({ context, caller }, users, caller.userId, query) });
  },
});

/** Before the reads by key, of which `me` would be one. */
export const userRoutes: readonly Route[] = [me, ...readRoutes(users, '/users')];
