import { randomUUID } from 'node:crypto';
import {
  actingFor,
  changeRows,
  createJobs,
  FIRST_ACCOUNT_ID,
  inTransaction,
  listAudit,
  recordAudit,
  replenish,
} from '../src';
import { LIMITS, newJob, ringOf, useInstallation } from './support';

const ring = ringOf(1);
const installation = useInstallation();
const USER = randomUUID();
const TOKEN = randomUUID();
const REQUEST = { requestId: 'a request with a \' and a "', address: '::1' };
const acting = () => actingFor(installation.database, { userId: USER, tokenId: TOKEN }, REQUEST);
const sql = (text: string, values: unknown[] = []) => installation.database.pool.query(text, values);

/** What the log is told by some work, the oldest first. */
async function told(work: () => Promise<unknown>) {
  const [latest] = await listAudit(installation.database, { limit: 1 });
  await work();
  const entries = await listAudit(installation.database, { limit: 1_000 });
  return entries.filter(({ id }) => id > (latest?.id ?? 0n)).reverse();
}

async function productJob(quantity = 1) {
  const { key } = await installation.addProduct();
  return newJob({ product: `/01/${key}`, quantity });
}

test('a transaction of an actor is told as his, the next one on its connection is not', async () => {
  const job = await productJob();
  const database = installation.connect();
  const actor = { ...actingFor(database, { userId: USER, tokenId: TOKEN }, REQUEST).actor };
  const entries = await told(async () => {
    await createJobs({ ...database, actor: actor as never }, ring, [job], LIMITS);
    await createJobs(database, ring, [job], LIMITS);
  });
  expect(
    entries.map(({ collection, user_id, token_id, request_id, address, details }) => [
      collection,
      user_id,
      token_id,
      request_id,
      address,
      details,
    ]),
  ).toEqual([
    [
      'identifier_job',
      USER,
      TOKEN,
      REQUEST.requestId,
      '::1',
      { type: 'sgtin', product: job.product, quantity: 1 },
    ],
    [
      'identifier_job',
      null,
      null,
      null,
      null,
      { type: 'sgtin', product: job.product, quantity: 1, application: 'test' },
    ],
  ]);
});

test('what is rolled back is not told', async () => {
  const entries = await told(() =>
    expect(
      inTransaction(
        installation.database.pool,
        async (client) => {
          await client.query(`INSERT INTO domain (domain_name, account_id) VALUES ('undone.example', $1)`, [
            FIRST_ACCOUNT_ID,
          ]);
          await recordAudit(client, acting().actor, {
            action: 'x',
            collection: 'domain',
            item: null,
            accountId: null,
          });
          throw new Error('undone');
        },
        acting().actor,
      ),
    ).rejects.toThrow('undone'),
  );
  expect(entries).toEqual([]);
});

test('jobs that a rule makes are told as made by the service', async () => {
  const { key } = await installation.addProduct();
  const { rows } = await sql(
    `INSERT INTO replenishment_rule (account, product, type, minimum, target, user_created)
     VALUES ($1, $2, 'sgtin', 1, 5, $3) RETURNING id`,
    [FIRST_ACCOUNT_ID, `/01/${key}`, USER],
  );
  const entries = await told(() => replenish(installation.database, ring, rows[0].id, LIMITS));
  // The rule's own row has what the service writes down, and that is nobody's change.
  expect(entries.map(({ action, collection, user_id }) => [action, collection, user_id])).toEqual([
    ['create', 'identifier_job', null],
  ]);
});

test('what goes with something else is told too', async () => {
  const { key } = await installation.addProduct();
  const product = `/01/${key}`;
  await sql('INSERT INTO issuing_policy (account, product, company_prefix_length) VALUES ($1, $2, 7)', [
    FIRST_ACCOUNT_ID,
    product,
  ]);
  const entries = await told(() =>
    changeRows(acting(), async (transaction) => {
      await transaction.deleteFrom('product').where('id', '=', product).execute();
    }),
  );
  expect(entries.map(({ action, collection, user_id }) => [action, collection, user_id]).sort()).toEqual([
    ['delete', 'issuing_policy', USER],
    ['delete', 'product', USER],
  ]);
});

test('of a change each field is told with its former value; what stays is not', async () => {
  const { key } = await installation.addProduct();
  const change = (fields: Record<string, unknown>) =>
    told(() =>
      changeRows(acting(), async (transaction) => {
        await transaction.updateTable('product').set(fields).where('id', '=', `/01/${key}`).execute();
      }),
    );
  expect((await change({ brand: 'B', date_updated: new Date() }))[0]?.details).toEqual({
    changed: { brand: [null, 'B'] },
  });
  expect(await change({ brand: 'B', user_updated: USER, date_updated: new Date() })).toEqual([]);
});

test('rows of the log stay as they are', async () => {
  await sql(`INSERT INTO domain (domain_name, account_id) VALUES ('kept.example', $1)`, [FIRST_ACCOUNT_ID]);
  for (const statement of [
    'UPDATE audit_log SET action = action',
    'DELETE FROM audit_log',
    'TRUNCATE audit_log',
  ]) {
    await expect(sql(statement)).rejects.toThrow('only ever added');
  }
});
