import { addProject, bootstrap, createToken, createUser, type Database, openDatabase } from '@codemint/db';
import { ApiClient } from '../support/apiClient';
import type { Stack } from '../support/stack';
import { until } from '../support/until';
import {
  DOMAIN_IDS,
  DOMAINS,
  FIRST_ACCOUNT,
  GTINS,
  JOBS,
  OTHER_ACCOUNT,
  POLICIES,
  RESERVATIONS,
  RULES,
} from './known';

const COMPLETE_MS = 30_000;

/** What is there before the first request, and the names of it that nobody could know before. */
export class World {
  private constructor(
    /** What stands for what in tildes. */
    readonly names: ReadonlyMap<string, string>,
    /** Those of a list do not need one another. */
    private readonly renewals: readonly (readonly Renewal[])[],
  ) {}

  /** Makes two accounts, users of every kind, and something of each collection and of the other dialect. */
  static async make(connectionString: string, stack: Stack): Promise<World> {
    const database = openDatabase({ connectionString, poolSize: 2, applicationName: 'fuzz' });
    try {
      const names = new Map([['~admin~', stack.adminToken]]);
      await addPeople(database, names);
      const renewals = renewalsOf((who) => new ApiClient(stack.url, names.get(who) as string));
      const world = new World(names, renewals);
      await world.renew();
      await addCodes(new ApiClient(stack.url, names.get('~operator~') as string), names);
      await addOrders(stack.url, names);
      return world;
    } finally {
      await database.close();
    }
  }

  /** Makes again what requests have deleted, so that there is something to be asked for. */
  async renew(): Promise<void> {
    for (const renewals of this.renewals) {
      await Promise.all(
        renewals.map(({ api, collection, body }) => api.call('POST', `/items/${collection}`, body)),
      );
    }
  }
}

interface Renewal {
  api: ApiClient;
  collection: string;
  body: object;
}

async function addPeople(database: Database, names: Map<string, string>): Promise<void> {
  await bootstrap(database);
  await database.prisma.account.create({ data: { id: OTHER_ACCOUNT, account_name: 'Other account' } });
  // Where short codes lead to.
  await database.prisma.account.updateMany({ data: { account_redirection_url: 'https://example.com/' } });
  for (const [who, role, accountId] of [
    ['operator', 'operator', FIRST_ACCOUNT],
    ['reader', 'reader', FIRST_ACCOUNT],
    ['stranger', 'operator', OTHER_ACCOUNT],
  ] as const) {
    const { user } = await createUser(database, {
      email: `${who}@example.com`,
      role,
      accountId,
      firstName: who,
    });
    names.set(`~${who}Id~`, user.id);
    names.set(`~${who}~`, await createToken(database, user.id, 'fuzz'));
  }
  const { project } = await addProject(database, { accountId: FIRST_ACCOUNT, name: 'Fuzz' });
  names.set('~project~', project.id);
}

function renewalsOf(as: (who: string) => ApiClient): Renewal[][] {
  const operator = as('~operator~');
  const stranger = as('~stranger~');
  const of = (api: ApiClient, collection: string, ...bodies: object[]) =>
    bodies.map((body) => ({ api, collection, body }));
  const domains = DOMAINS.map((domain_name, n) => ({ id: DOMAIN_IDS[n], domain_name }));
  const gtins = GTINS.map((gtin) => ({ gtin, product_name: 'Juice' }));
  const [product, , other] = GTINS.map((gtin) => `/01/${gtin}`);
  return [
    [
      ...of(operator, 'product', ...gtins.slice(0, 2), { id: '/8003/09312345551927' }),
      ...of(stranger, 'product', ...gtins.slice(2)),
      ...of(operator, 'domain', ...domains.slice(0, 2)),
      ...of(stranger, 'domain', ...domains.slice(2)),
    ],
    [
      ...of(operator, 'identifier_job', { id: JOBS[0], product, quantity: 12, length: 8 }, { id: JOBS[1], type: 'short_code', domain: DOMAIN_IDS[0], quantity: 12 }),
      ...of(stranger, 'identifier_job', { id: JOBS[2], product: other, quantity: 12 }),
      ...of(operator, 'replenishment_rule', { id: RULES[0], product, length: 9, minimum: 1, target: 5 }, { id: RULES[1], product, length: 10, minimum: 1, target: 5 }),
      ...of(operator, 'issuing_policy', { id: POLICIES[0], product, company_prefix_length: 7 }),
      ...of(stranger, 'issuing_policy', { id: POLICIES[1], max_guess_probability: 0.0001 }),
      ...of(operator, 'code_reservation', ...RESERVATIONS.slice(0, 2).map((id) => ({ id, product, quantity: 2, allow_partial: true }))),
    ],
  ]; // biome-ignore format: a line each
}

/** Codes of which no request knows the job. */
async function addCodes(api: ApiClient, names: Map<string, string>): Promise<void> {
  for (const [name, body] of [
    ['code', { product: `/01/${GTINS[0]}`, quantity: 5, length: 8 }],
    ['shortCode', { type: 'short_code', domain: DOMAIN_IDS[0], quantity: 5 }],
  ] as const) {
    const { id } = await api.untilComplete((await api.post(body)).id);
    const [first] = await api.data<{ id: string; code: string }[]>(
      'GET',
      `/items/unique_code?filter[identifier_job][_eq]=${id}&limit=1`,
    );
    names.set(`~${name}~`, first?.code ?? '');
    names.set(`~${name}Id~`, first?.id ?? '');
  }
}

interface Order {
  id: string;
  status: { state: string };
  results?: { identifiers: { csv?: string } };
  ids?: string[];
}

/** Orders of all kinds, an event, a Thng. */
async function addOrders(url: string, names: Map<string, string>): Promise<void> {
  const call = async <Body>(who: string, method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: names.get(who) as string, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  };
  const order = async (name: string, who: string, body: object): Promise<Order> => {
    const { id } = await call<Order>(who, 'POST', '/adis/orders', { purchaseOrder: 'PO-17', ...body });
    names.set(`~${name}~`, id);
    return until(`order ${id} is completed`, COMPLETE_MS, async () => {
      const read = await call<Order>(who, 'GET', `/adis/orders/${id}?withIds=true`);
      return read.status.state === 'completed' && read;
    });
  };
  const short = { shortDomain: DOMAINS[0], defaultRedirectUrl: 'https://example.com/{shortId}' };
  const idGeneration = { characterSet: 'AN-47', length: 10, quantity: 6 };
  const metadata = { identifierKey: 'gs1:21', product: `gs1:01:${GTINS[0]}`, tags: ['a'], ...short };
  const { id, ids = [], results } = await order('order', '~operator~', { idGeneration, metadata });
  await order('suppliedOrder', '~operator~', {
    ids: ['AB12', 'AB13'],
    metadata: { identifierKey: 'serial' },
  });
  await order('strangerOrder', '~stranger~', { idGeneration, metadata: { identifierKey: 'serial' } });
  const event = await call<{ id: string }>('~operator~', 'POST', `/adis/orders/${id}/events`, {
    metadata: { type: 'encodings' },
    ids,
  });
  const read = async (path: string) => (await call<{ id: string }[]>('~operator~', 'GET', path))[0]?.id;
  const thng = await read(`/thngs?filter=${encodeURIComponent(`identifiers.gs1:21=${ids[0]}`)}`);
  const action = await until('there is an action', COMPLETE_MS, () => read(`/thngs/${thng}/actions`));
  const link = new URL(results?.identifiers.csv ?? url).searchParams;
  const found = {
    event: event.id,
    thng,
    action,
    thngCode: ids[0],
    expires: link.get('expires'),
    signature: link.get('signature'),
  };
  for (const [name, value] of Object.entries(found)) names.set(`~${name}~`, value ?? '');
}
