import {
  aggregate,
  createDirectus,
  createItem,
  createItems,
  deleteItem,
  deleteItems,
  readItem,
  readItems,
  readMe,
  rest,
  serverPing,
  staticToken,
  updateItem,
  updateItems,
  updateItemsBatch,
  withSearch,
} from '@directus/sdk';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type Stack, startApps } from '../support/stack';

interface Product {
  id: string;
  gtin: string;
  product_name: string | null;
}

interface IdentifierJob {
  id: string;
  date_created: 'datetime';
  quantity: number;
  quantity_created: number | null;
  reference_id: string | null;
  status: string;
  type: string;
  product: string | Product;
}

interface Schema {
  identifier_job: IdentifierJob[];
  product: Product[];
}

const PRODUCT = '/01/09312345551927';

function connect(stack: Stack) {
  return createDirectus<Schema>(stack.url).with(rest()).with(staticToken(stack.adminToken));
}

describe("the platform's own SDK", () => {
  let database: TestDatabase;
  let stack: Stack;
  let client: ReturnType<typeof connect>;

  beforeAll(async () => {
    database = await createTestDatabase();
    // Without a worker jobs stay as they were made.
    stack = await startApps({ connectionString: database.connectionString, workers: 0 });
    client = connect(stack);
    await client.request(createItem('product', { gtin: '09312345551927', product_name: 'Juice' }));
  });

  afterAll(async () => {
    await stack?.stop();
    await database?.drop();
  });

  /** Jobs with a reference of their own, so that tests do not see one another's. */
  const create = (reference: string, quantities: number[]) =>
    client.request(
      createItems(
        'identifier_job',
        quantities.map((quantity) => ({ product: PRODUCT, quantity, reference_id: reference })),
        { fields: ['id', 'quantity'] },
      ),
    );
  const named = (reference: string) => ({ reference_id: { _eq: reference } });

  it('makes one item and reads it through its relation', async () => {
    const made = await client.request(createItem('identifier_job', { product: PRODUCT, quantity: 4 }));
    expect(made).toMatchObject({ status: 'new', quantity: 4, quantity_created: null, product: PRODUCT });
    const read = await client.request(
      readItem('identifier_job', made.id, { fields: ['id', { product: ['gtin', 'product_name'] }] }),
    );
    expect(read).toEqual({ id: made.id, product: { gtin: '09312345551927', product_name: 'Juice' } });
  });

  it('reads a list with filter, sort, limit and page', async () => {
    await create('list', [3, 1, 2]);
    const query = { filter: named('list'), limit: 2 };
    const read = (page: number) =>
      client.request(
        readItems('identifier_job', { ...query, fields: ['quantity'], sort: '-quantity', page }),
      );
    expect(await read(1)).toEqual([{ quantity: 3 }, { quantity: 2 }]);
    expect(await read(2)).toEqual([{ quantity: 1 }]);
  });

  it('reads with conditions that are combined, functions and a relation', async () => {
    await create('combined', [5, 50, 500]);
    const read = await client.request(
      readItems('identifier_job', {
        fields: ['quantity'],
        sort: 'quantity',
        filter: {
          _and: [
            named('combined'),
            { _or: [{ quantity: { _lt: 10 } }, { quantity: { _between: [100, 1000] } }] },
            { date_created: { _gt: '$NOW(-1 day)' } },
            { product: { product_name: { _eq: 'Juice' } } },
          ],
        },
      }),
    );
    expect(read).toEqual([{ quantity: 5 }, { quantity: 500 }]);
  });

  it('changes one item', async () => {
    const [job] = await create('one', [1]);
    const changed = await client.request(
      updateItem(
        'identifier_job',
        job?.id as string,
        { reference_id: 'one more' },
        { fields: ['reference_id'] },
      ),
    );
    expect(changed).toEqual({ reference_id: 'one more' });
  });

  it('changes many items by keys and by a query', async () => {
    const jobs = await create('many', [1, 2]);
    const ids = jobs.map(({ id }) => id);
    const changed = await client.request(
      updateItems('identifier_job', ids, { reference_id: 'by keys' }, { fields: ['id', 'reference_id'] }),
    );
    expect(changed).toEqual([...ids].sort().map((id) => ({ id, reference_id: 'by keys' })));
    await client.request(
      updateItems('identifier_job', { filter: named('by keys'), limit: -1 }, { reference_id: 'by query' }),
    );
    expect(await count('by query')).toBe(2);
  });

  it('changes each item of a batch in its own way', async () => {
    const [first, second] = await create('batch', [1, 2]);
    await client.request(
      updateItemsBatch('identifier_job', [
        { id: first?.id as string, reference_id: 'batch 1' },
        { id: second?.id as string, reference_id: 'batch 2' },
      ]),
    );
    expect([await count('batch 1'), await count('batch 2')]).toEqual([1, 1]);
  });

  it('deletes by key, by keys and by a query', async () => {
    const jobs = await create('gone', [1, 2, 3, 4]);
    const [first, second, third] = jobs.map(({ id }) => id);
    await client.request(deleteItem('identifier_job', first as string));
    expect(await count('gone')).toBe(3);
    await client.request(deleteItems('identifier_job', [second as string, third as string]));
    expect(await count('gone')).toBe(1);
    await client.request(deleteItems('identifier_job', { filter: named('gone') }));
    expect(await count('gone')).toBe(0);
  });

  it('aggregates in groups', async () => {
    await create('groups', [1, 2, 2]);
    const groups = await client.request(
      aggregate('identifier_job', {
        aggregate: { count: '*', sum: ['quantity'] },
        groupBy: ['quantity'],
        query: { filter: named('groups'), sort: ['quantity'] },
      }),
    );
    expect(groups).toEqual([
      { quantity: 1, count: '1', sum: { quantity: '1' } },
      { quantity: 2, count: '2', sum: { quantity: '4' } },
    ]);
  });

  it('sends a query in the body of SEARCH', async () => {
    await create('searched', [7]);
    const read = await client.request(
      withSearch(readItems('identifier_job', { fields: ['quantity'], filter: named('searched') })),
    );
    expect(read).toEqual([{ quantity: 7 }]);
  });

  it('knows who it is and that the server is there', async () => {
    expect(await client.request(readMe({ fields: ['id', 'role'] }))).toMatchObject({ role: 'admin' });
    expect(await client.request(serverPing())).toBe('pong');
  });

  it('is told what is wrong', async () => {
    const refused = client.request(createItem('identifier_job', { product: PRODUCT, quantity: 0 }));
    await expect(refused).rejects.toMatchObject({
      errors: [{ extensions: { code: 'FAILED_VALIDATION', field: 'quantity' } }],
      response: { status: 400 },
    });
  });

  async function count(reference: string): Promise<number> {
    const query = { filter: named(reference) };
    const jobs = await client.request(readItems('identifier_job', { ...query, fields: ['id'] }));
    return jobs.length;
  }
});
