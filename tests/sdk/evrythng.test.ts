import { type Backend, describeBackends, LOCAL_BACKENDS } from '../support/backends';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';
import { type ApiError, evrythng, type Operator, type Order, type OrderEvent } from './evrythngClient';

const GTIN = '09312345551927';
const LIMIT_MS = 20_000;

describeBackends("the ADI client's own SDK", LOCAL_BACKENDS, (start) => {
  let backend: Backend;
  let stack: Stack;
  let operator: Operator;

  beforeAll(async () => {
    backend = await start();
    stack = await startApps({ ...backend });
    evrythng.setup({ apiUrl: stack.url });
    operator = new evrythng.Operator(stack.adminToken);
    await operator.init();
    await fetch(`${stack.url}/items/product`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ gtin: GTIN }),
    });
  }, 60_000);

  afterAll(async () => {
    await stack?.stop();
    await backend?.stop();
  });

  const metadata = { identifierKey: 'gs1:21', product: `gs1:01:${GTIN}` };
  const read = (id: string, params = {}) => operator.adiOrder(id).read({ params });
  const completed = (id: string, params = {}) =>
    until(`order ${id} is completed`, LIMIT_MS, async () => {
      const order = await read(id, params);
      return order.status.state === 'completed' ? order : undefined;
    });
  const make = async (order: object) => {
    const { id } = await operator.adiOrder().create({ metadata, purchaseOrder: 'PO-1', ...order });
    return completed(id, { withErrors: true, withIds: true });
  };
  const refused = (work: Promise<unknown>): Promise<ApiError> =>
    work.then(
      () => Promise.reject(new Error('It was not refused.')),
      // The client makes one text of the envelope.
      (error: Error) => JSON.parse(error.message) as ApiError,
    );

  it('starts up as the operator whose key it has', () => {
    expect(operator.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(operator).toMatchObject({ email: 'administrator@codemint.invalid' });
  });

  it('creates an order and reads it until its codes are there', async () => {
    const created = await operator.adiOrder().create({
      metadata: { ...metadata, tags: ['batch-7'], customFields: { line: 3 } },
      purchaseOrder: 'PO-generated',
      idGeneration: { characterSet: 'AN-47', length: 10, quantity: 250, prefix: 'A' },
      tags: ['first'],
      customFields: { erp: 'X7JF' },
    });
    expect(created).toMatchObject({ purchaseOrder: 'PO-generated', tags: ['first'] });
    expect(created).not.toHaveProperty('ids');
    const order = await completed(created.id);
    expect(order).toMatchObject({
      id: created.id,
      result: 'SUCCEEDED',
      customFields: { erp: 'X7JF' },
      status: {
        state: 'completed',
        requested: 250,
        adis: { created: 250, pending: 0, errorsCount: 0 },
      },
    });
    const csv = await fetch(order.results?.identifiers.csv ?? '', {
      headers: { 'Content-Type': 'text/csv', 'x-amz-acl': 'private' },
    });
    expect((await csv.text()).trim().split(/\r?\n/)).toHaveLength(251);
  });

  it('sends ids of its own and reads what was wrong with each', async () => {
    const first = await make({ ids: ['own-1', 'own-2'] });
    expect(first).toMatchObject({ result: 'SUCCEEDED', ids: ['own-1', 'own-2'] });
    const second = await make({ ids: ['own-2', 'own-3'] });
    expect(second).toMatchObject({
      result: 'SUCCEEDED_WITH_FAILURES',
      status: { adis: { created: 1, errorsCount: 1, errors: { 'own-2': { code: 80300010 } } } },
    });
    const third = await make({ ids: ['own-1', 'own-2', 'own-3'] });
    expect(third.result).toBe('FAILED');
    const errors = await (await fetch(third.results?.errors?.json ?? '')).json();
    expect(Object.keys(errors as object)).toEqual(['own-1', 'own-2', 'own-3']);
  });

  it('pages through the orders', async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      await operator.adiOrder().create({ metadata, purchaseOrder: 'PO-paged', ids: [`paged-${n}`] });
    }
    const pages: Order[][] = [];
    const params = { perPage: 2, filter: 'purchaseOrder=PO-paged', sortOrder: 'ASCENDING' };
    for await (const page of operator.adiOrder().pages({ params })) pages.push(page);
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(5);
  });

  it('records an event on some of the items, and reads the actions of one', async () => {
    const order = await make({ ids: ['event-1', 'event-2', 'event-3'] });
    const events = operator.adiOrder(order.id).event();
    const { id } = await events.create({
      metadata: { type: 'encodings', tags: ['line 3'] },
      ids: ['event-1', 'event-3'],
      customFields: { internalId: 'X7JF' },
      tags: ['X7JF'],
    });
    const done = await until('the event is done', LIMIT_MS, async () => {
      const event = await operator
        .adiOrder(order.id)
        .event(id)
        .read({ params: { withErrors: true } });
      return event.status.state === 'completed' ? event : undefined;
    });
    expect(done).toMatchObject<Partial<OrderEvent>>({
      result: 'succeeded',
      status: { state: 'completed', requested: 2, events: { created: 2, pending: 0, errorsCount: 0 } },
    });
    expect(await events.read()).toMatchObject([{ id }]);
    const [thng] = await operator.thng().read({ params: { filter: 'identifiers.gs1:21=event-3' } });
    expect(thng).toMatchObject({ identifiers: { 'gs1:21': 'event-3' } });
    expect(
      await operator
        .thng(thng?.id ?? '')
        .action('encodings')
        .read(),
    ).toMatchObject([{ type: 'encodings', thng: thng?.id, tags: ['line 3'] }]);
    expect(
      await operator
        .thng(thng?.id ?? '')
        .action('scans')
        .read(),
    ).toEqual([]);
  });

  it('is told in one sentence why something is refused', async () => {
    const twice = await refused(
      operator.adiOrder().create({ metadata, purchaseOrder: 'PO', ids: ['twice', 'twice'] }),
    );
    expect(twice).toMatchObject({ status: 400, code: 80000060, errors: [expect.any(String)] });
    expect(await refused(read('UNc6n2Bk6GPhh6waRm2mNppb'))).toMatchObject({ status: 404, code: 80000020 });
    const order = await make({ ids: ['refused-1'] });
    const foreign = { metadata: { type: 'scans' }, ids: ['refused-2'] };
    expect(await refused(operator.adiOrder(order.id).event().create(foreign))).toMatchObject({
      status: 400,
      code: 80000080,
    });
    const stranger = new evrythng.Operator('wrong');
    expect(await refused(stranger.init())).toMatchObject({ status: 401 });
  });
});
