import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../support/chance';
import type { Answer, Client, Request } from './client';
import type { FlowKind } from './flowKinds';
import type { Asked, Collection, Entry, ImportEntry, Ledger, Outcome } from './ledger';
import {
  DOMAIN,
  GRAI_PRODUCT,
  GTIN_PRODUCT,
  OTHER_GTIN_PRODUCT,
  SHORT_DOMAIN,
  STOCKED_PRODUCT,
} from './places';

/** What a flow has to do with the run. */
export interface Flow {
  client: Client;
  ledger: Ledger;
  chance: Chance;
  /** Of this flow alone. */
  name: string;
}

const JOBS = '/items/identifier_job';
const ORDERS = '/adis/orders';
/** Digits are also alphanumeric: pools of these sets race for the same codes. */
const CHARACTER_SETS = ['numeric', 'alphanumeric', 'UAN-28', 'AN-47'] as const;
const ORDER_CHARACTER_SETS = ['N', 'AN-47', 'UAN-28', 'GS1-36w'] as const;
const ACTIONS = ['encodings', 'scans'] as const;
/** Orders choose among so many ids and so often want one that another has. */
const OWN_IDS = 600;
const POLL_MS = 500;
const ORDER_LIMIT_MS = 120_000;

export const FLOWS: Record<FlowKind, (flow: Flow) => Promise<void>> = {
  'sgtin jobs of one GTIN': async (flow) => {
    const jobs = Array.from({ length: flow.chance.between(1, 3) }, () => sgtinJob(flow.chance, 3_000));
    await post(flow, 'identifier_job', JOBS, jobs);
  },

  'GRAI, SSCC and short codes': async (flow) => {
    const { chance } = flow;
    await post(flow, 'identifier_job', JOBS, [
      { type: 'grai', product: GRAI_PRODUCT, length: 12, quantity: chance.between(200, 1_000) },
      { type: 'sscc', sscc_company_prefix: '0931234', quantity: chance.between(200, 1_000) },
      { type: 'short_code', domain: DOMAIN, length: 7, quantity: chance.between(200, 1_000) },
    ]);
  },

  'job that is deleted': async (flow) => {
    const job = { ...sgtinJob(flow.chance, 3_000), product: OTHER_GTIN_PRODUCT };
    const entry = await post(flow, 'identifier_job', JOBS, [job]);
    await sleep(flow.chance.between(0, 1_500));
    const { status } = await flow.client.untilAnswered({ method: 'DELETE', path: `${JOBS}/${entry.ids[0]}` });
    // Repeated after an answer that was lost it finds nothing.
    if (status !== 204 && status !== 403) throw new Error(`DELETE of ${entry.ids[0]}: ${status}`);
    entry.outcome = 'deleted';
  },

  'job whose caller gives up': async ({ client, ledger, chance, name }) => {
    const job = { ...sgtinJob(chance, 3_000), reference_id: name };
    const entry = ledger.enter({ collection: 'identifier_job', marker: name, quantities: [job.quantity] });
    const answer = await client.once({ method: 'POST', path: JOBS, body: job });
    if (answer === undefined) return;
    entry.outcome = expectAccepted(answer, name);
    entry.ids = idsOf(answer);
  },

  'order with generated ids': async (flow) => {
    const characterSet = flow.chance.pick(ORDER_CHARACTER_SETS);
    await postOrder(flow, {
      idGeneration: { characterSet, length: 8, quantity: flow.chance.between(500, 3_000) },
    });
  },

  'order with short links': async (flow) => {
    const short = { shortDomain: SHORT_DOMAIN, defaultRedirectUrl: 'https://brand.example/{shortId}' };
    await postOrder(flow, { idGeneration: { length: 10, quantity: flow.chance.between(300, 1_500) } }, short);
  },

  'order with supplied ids, then events': async (flow) => {
    const ids = flow.chance
      .shuffled(Array.from({ length: OWN_IDS }, (_, i) => `own-${i}`))
      .slice(0, flow.chance.between(50, 400));
    const order = await postOrder(flow, { ids });
    const path = `${ORDERS}/${order.ids[0]}`;
    await untilCompleted(flow.client, path);
    const events = ACTIONS.map(async (type) => {
      const some = ids.slice(0, flow.chance.between(1, ids.length));
      const body = { metadata: { type }, tags: [`${flow.name}-${type}`], ids: some };
      await postMarked(flow, {
        collection: 'adi_order_event',
        path: `${path}/events`,
        body,
        marker: `${flow.name}-${type}`,
        quantities: [some.length],
      });
    });
    await Promise.all(events);
  },

  reservation: async ({ client, ledger, chance, name }) => {
    const quantity = chance.between(100, 1_000);
    const product = chance.pick([GTIN_PRODUCT, STOCKED_PRODUCT]);
    const body = { product, quantity, allow_partial: true, reference_id: name };
    const request = { method: 'POST', path: '/items/code_reservation', body, key: name } as const;
    const entry = ledger.enter({ collection: 'code_reservation', marker: name, quantities: [quantity] });
    let answer = await client.untilAnswered(request);
    // While there is nothing to reserve it asks again.
    for (let tries = 1; answer.status === 400 && tries < 8; tries++) {
      await sleep(500);
      answer = await client.untilAnswered(request);
    }
    const isRefused = answer.status === 400;
    entry.outcome = isRefused ? 'refused' : expectAccepted(answer, name);
    entry.ids = isRefused ? [] : idsOf(answer);
  },

  'request that is sent twice': async (flow) => {
    const jobs = [sgtinJob(flow.chance, 3_000), sgtinJob(flow.chance, 3_000)];
    const send = async () => (await post(flow, 'identifier_job', JOBS, jobs)).ids.join();
    const answered = [...(await Promise.all([send(), send()])), await send()];
    const different = new Set(answered).size;
    if (different > 1) throw new Error(`${flow.name} was served ${different} times`);
  },

  import: async ({ client, ledger, chance, name }) => {
    const quantity = chance.between(50, 800);
    const lines = Array.from({ length: quantity }, (_, i) => `${GTIN_PRODUCT},${name}/${i}`);
    const body = ['product,code', ...lines].join('\n');
    const entry: ImportEntry = { prefix: `${name}/`, quantity, outcome: 'unknown' };
    ledger.imports.push(entry);
    const answer = await client.once({ method: 'POST', path: '/import/codes', body });
    if (answer !== undefined) entry.outcome = expectAccepted(answer, name);
  },

  'request that is refused': async ({ client, ledger, chance, name }) => {
    const { collection, path, body } = chance.pick(wrongRequests(name));
    const answer = await client.untilAnswered({ method: 'POST', path, body, key: name });
    if (answer.status < 400) throw new Error(`${path} ${JSON.stringify(body)}: ${answer.status}`);
    ledger.enter({ collection, marker: name, quantities: [] }).outcome = 'refused';
  },
};

interface Quantified extends Record<string, unknown> {
  quantity: number;
}

interface SgtinJob extends Quantified {
  product: string;
  character_set: string;
  length: number;
}

function sgtinJob(chance: Chance, most: number): SgtinJob {
  return {
    product: GTIN_PRODUCT,
    character_set: chance.pick(CHARACTER_SETS),
    length: chance.pick([7, 8]),
    quantity: chance.between(100, most),
  };
}

function wrongRequests(name: string): { collection: Collection; path: string; body: object }[] {
  const job = { product: GTIN_PRODUCT, quantity: 500, reference_id: name };
  const order = { purchaseOrder: name, metadata: { identifierKey: 'gs1:21', product: GTIN_PRODUCT } };
  return [
    { collection: 'identifier_job', path: JOBS, body: { ...job, quantity: 0 } },
    { collection: 'identifier_job', path: JOBS, body: [job, { ...job, length: 5 }] },
    { collection: 'identifier_job', path: JOBS, body: { ...job, product: '/01/09312345678903' } },
    // More codes than the space has left.
    {
      collection: 'identifier_job',
      path: JOBS,
      body: [job, { ...job, character_set: 'numeric', length: 6, quantity: 999_999 }, { ...job, character_set: 'numeric', length: 6 }],
    },
    { collection: 'adi_order', path: ORDERS, body: { ...order, ids: ['twice', 'twice'] } },
    { collection: 'adi_order', path: ORDERS, body: { ...order, idGeneration: { length: 3, quantity: 10 } } },
    { collection: 'code_reservation', path: '/items/code_reservation', body: { ...job, allow_partial: 'maybe' } },
  ]; // biome-ignore format: a request a line
}

interface Marked extends Asked {
  path: string;
  body: object;
}

/** Sends what must be accepted, until it is. */
async function postMarked({ client, ledger }: Flow, { path, body, ...marked }: Marked): Promise<Entry> {
  const entry = ledger.enter(marked);
  const request: Request = { method: 'POST', path, body, key: marked.marker };
  const answer = await client.untilAnswered(request);
  entry.outcome = expectAccepted(answer, marked.marker);
  entry.ids = idsOf(answer);
  return entry;
}

function post(flow: Flow, collection: Collection, path: string, items: readonly Quantified[]) {
  return postMarked(flow, {
    collection,
    path,
    body: items.map((item) => ({ ...item, reference_id: flow.name })),
    marker: flow.name,
    quantities: items.map(({ quantity }) => quantity),
  });
}

type Codes =
  | { idGeneration: { quantity: number; length: number; characterSet?: string } }
  | { ids: string[] };

function postOrder(flow: Flow, codes: Codes, short: object = {}) {
  return postMarked(flow, {
    collection: 'adi_order',
    path: ORDERS,
    body: {
      purchaseOrder: flow.name,
      metadata: { identifierKey: 'gs1:21', product: GTIN_PRODUCT, ...short },
      ...codes,
    },
    marker: flow.name,
    quantities: ['ids' in codes ? codes.ids.length : codes.idGeneration.quantity],
  });
}

async function untilCompleted(client: Client, path: string): Promise<void> {
  const deadline = Date.now() + ORDER_LIMIT_MS;
  for (;;) {
    const { body } = await client.untilAnswered({ method: 'GET', path });
    if (body.status?.state === 'completed') return;
    if (Date.now() > deadline) throw new Error(`${path} is not completed after ${ORDER_LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}

function expectAccepted({ status, body }: Answer, name: string): Extract<Outcome, 'accepted'> {
  if (status >= 200 && status < 300) return 'accepted';
  throw new Error(`${name} was refused: ${status} ${JSON.stringify(body)}`);
}

/** Of one thing or of a list, in either dialect. */
function idsOf({ body }: Answer): string[] {
  const made: unknown = body.data ?? body;
  return [made].flat().map((one) => (one as { id: string }).id);
}
