import {
  addProject,
  createEvent,
  FIRST_ACCOUNT_ID,
  findEvent,
  type NewEvent,
  performEvent,
  type StoredEvent,
  type StoredOrder,
} from '@codemint/db';
import { newResourceId, ResourceIds } from '@codemint/shared';
import { CURRENT_RING, makeOrder, TWO_KEYS } from './codesSupport';
import { type Api, PRODUCT, startApi } from './support';

let api: Api;
let order: StoredOrder;
let project: string;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  project = (await addProject(api.database, { accountId: FIRST_ACCOUNT_ID, name: 'Actions' })).project.id;
  order = await makeOrder(api, { codes: { kind: 'supplied', ids: ['a', 'b', 'c'] }, project });
});
afterAll(() => api.close());

const thng = (number: number) =>
  new ResourceIds(CURRENT_RING).idOf({
    kind: 'thng',
    owner: order.batchId,
    number,
    keyVersion: order.keyVersion,
  });

async function act(
  numbers: number[],
  metadata: { type: string } & Record<string, unknown>,
  more: Partial<NewEvent> = {},
): Promise<StoredEvent> {
  const event: NewEvent = {
    id: newResourceId(), order, userId: null, type: metadata.type, metadata, numbers, customFields: null,
    identifiers: null, tags: [], ...more,
  }; // biome-ignore format: the defaults at a glance
  await createEvent(api.database, CURRENT_RING, event);
  await performEvent(api.database, event.id);
  return (await findEvent(api.database.pool, order.id, event.id)) as StoredEvent;
}

describe('the actions on a Thng', () => {
  it('are those of the events that it was in, the newest first', async () => {
    const says = {
      tags: ['dock'],
      customFields: { temperature: 4 },
      location: { latitude: 51.5, longitude: -0.1 },
      locationSource: 'sensor',
      context: { city: 'London' },
      identifiers: { shift: '2' },
      timestamp: 1_700_000_000_000,
    };
    const scan = await act([0, 2], { type: 'scans', ...says }, { tags: ['of the event'] });
    const share = await act([2], { type: 'shares', project: 'a'.repeat(24) });
    const { status, body } = await api.get(`/thngs/${thng(2)}/actions`);
    expect(status).toBe(200);
    expect(body).toEqual([
      {
        id: expect.stringMatching(/^[a-zA-Z0-9]{24}$/),
        type: 'shares',
        thng: thng(2),
        product: PRODUCT,
        project: 'a'.repeat(24),
        createdAt: share.dateUpdated.getTime(),
        timestamp: share.dateCreated.getTime(),
      },
      {
        id: expect.stringMatching(/^[a-zA-Z0-9]{24}$/),
        type: 'scans',
        thng: thng(2),
        product: PRODUCT,
        project,
        createdAt: scan.dateUpdated.getTime(),
        ...says,
      },
    ]);
    const types = async (number: number, query = '') =>
      (await api.get(`/thngs/${thng(number)}/actions${query}`)).body.map(
        ({ type }: { type: string }) => type,
      );
    expect(await types(2, '?sortOrder=ASCENDING')).toEqual(['scans', 'shares']);
    expect(await types(0)).toEqual(['scans']);
    expect(await types(1)).toEqual([]);
    expect(await types(2, '/scans')).toEqual(['scans']);
    expect(await types(2, '/checkins')).toEqual([]);
    expect(await types(2, '/%00')).toEqual([]);
    expect(await types(2, '/all')).toEqual(['shares', 'scans']);
  });

  it('come page by page', async () => {
    for (let i = 0; i < 5; i++) await act([1], { type: 'checkins', context: { i } });
    const found: number[] = [];
    for (let path: string | undefined = `/thngs/${thng(1)}/actions?perPage=2`; path !== undefined; ) {
      const { body, headers } = await api.get(path);
      found.push(...body.map(({ context }: { context: { i: number } }) => context.i));
      path = /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]?.slice(api.url.length);
    }
    expect(found).toEqual([4, 3, 2, 1, 0]);
  });

  it('can be read one by one, by those who may see the Thng', async () => {
    await act([0, 1], { type: 'encodings' });
    const [action] = (await api.get(`/thngs/${thng(0)}/actions`)).body;
    const [sibling] = (await api.get(`/thngs/${thng(1)}/actions`)).body;
    expect(sibling.id).not.toBe(action.id);
    expect((await api.get(`/thngs/${thng(0)}/actions/all/${action.id}`)).body).toEqual(action);
    expect((await api.get(`/thngs/${thng(0)}/actions/encodings/${action.id}`)).body).toEqual(action);
    for (const [path, as] of [
      [`/thngs/${thng(0)}/actions/all/${sibling.id}`],
      [`/thngs/${thng(0)}/actions/all/${thng(0)}`],
      [`/thngs/${thng(0)}/actions/all/x`],
      [`/thngs/${thng(0)}/actions/scans/${action.id}`],
      [`/thngs/${thng(0)}/actions/%00/${action.id}`],
      [`/thngs/${thng(0)}/actions/all/${action.id}`, 'stranger'],
    ] as const) {
      const { status, body } = await api.get(path, as);
      expect([status, body.errors.length, body.code]).toEqual([404, 1, undefined]);
    }
  });
});
