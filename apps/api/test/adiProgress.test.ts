import { failOrder, registerOrder } from '@codemint/db';
import { acceptOrder, CURRENT_RING, generated, makeSliceOf, open } from './codesSupport';
import { type Api, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface SentEvent {
  event?: string;
  id?: string;
  data: Record<string, unknown>;
}

/** The events of an order's stream; comments are left out. */
async function* events(id: string): AsyncGenerator<SentEvent> {
  const response = await open(api, `/adis/orders/${id}/progress`);
  expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  response.setEncoding('utf8');
  let rest = '';
  for await (const part of response) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks.filter((text) => !text.startsWith(':'))) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/)));
      yield { ...fields, data: JSON.parse(fields.data) };
    }
  }
}

describe('the progress of an order', () => {
  it('is followed from its start to its end', async () => {
    const { id, sliceJobs } = await acceptOrder(api, { codes: generated({ quantity: 90 }) });
    const seen: SentEvent[] = [];
    for await (const event of events(id)) {
      seen.push(event);
      if (event.data.state !== 'completed') await makeSliceOf(api, sliceJobs[0], { maxChunks: 1 });
    }
    const rest = { requested: 90, errorsCount: 0 };
    expect(seen[0]?.data).toEqual({ ...rest, state: 'pending', created: 0, pending: 90, rate: 0 });
    expect(seen[1]?.data).toMatchObject({ ...rest, state: 'in_progress', created: 40, pending: 50 });
    const { rate } = seen.at(-1)?.data ?? {};
    const data = { ...rest, state: 'completed', created: 90, pending: 0, rate };
    expect(seen.slice(-2)).toEqual([{ data }, { event: 'end', id: 'end', data }]);
  });

  it('ends with the identifiers that were refused', async () => {
    const ids = { kind: 'supplied', ids: ['once', 'twice'] } as const;
    const first = await acceptOrder(api, { codes: ids });
    await registerOrder(api.database, CURRENT_RING, first.id);
    const { id } = await acceptOrder(api, { codes: { kind: 'supplied', ids: ['twice', 'thrice'] } });
    let last: SentEvent | undefined;
    for await (const event of events(id)) {
      if (last === undefined) await registerOrder(api.database, CURRENT_RING, id);
      last = event;
    }
    expect(last?.data).toMatchObject({ state: 'completed', created: 1, pending: 0, errorsCount: 1 });
  });

  it('ends when the order fails', async () => {
    const { id } = await acceptOrder(api, { codes: generated({ quantity: 4 }) });
    let last: SentEvent | undefined;
    for await (const event of events(id)) {
      if (last === undefined) await failOrder(api.database.pool, id, 'no such key');
      last = event;
    }
    expect(last).toMatchObject({ event: 'end', data: { state: 'completed', created: 0, errorsCount: 4 } });
  });

  it('is for those who may see the order', async () => {
    const { id } = await acceptOrder(api, { codes: generated({ quantity: 1 }) });
    for (const [path, as] of [[id, 'stranger'], ['x']] as const) {
      const { status, body } = await api.get(`/adis/orders/${path}/progress`, as);
      expect([status, body.code]).toEqual([404, 80000020]);
    }
    expect((await api.get(`/adis/orders/${id}/progress`, 'nobody')).status).toBe(401);
  });
});
