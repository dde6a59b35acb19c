import { FIRST_ACCOUNT_ID } from '../src';
import { gtinOf, type Order, order, ringOf, runToTheEnd, supply, useInstallation } from './support';

const ring = ringOf(1);
const installation = useInstallation();
let job: Order;

/** A namespace with a finished job of 25 codes in three slices, a supplied id and a second product without codes. */
beforeAll(async () => {
  const { database } = installation;
  const namespace = await installation.addProduct();
  await installation.addProduct();
  job = await order(database, ring, namespace, { quantity: 25, sliceSize: 10 });
  await runToTheEnd(database, ring, job.sliceJobs, { chunkSize: 10 });
  await supply(database, ring, namespace, ['own']);
  await database.pool.query(
    `INSERT INTO registry_index (pool_id, index, sequence) SELECT id, 999, 1 FROM pool LIMIT 1`,
  );
});

const sql = (text: string, values: unknown[] = []) => installation.database.pool.query(text, values);

test.each(['namespace', 'pool', 'slice', 'batch', 'registry', 'registry_index'])(
  'rows of %s are never removed',
  async (table) => {
    const count = async () => (await sql(`SELECT count(*)::int AS rows FROM ${table}`)).rows[0].rows;
    const before = await count();
    expect(before).toBeGreaterThan(0);
    await expect(sql(`DELETE FROM ${table}`)).rejects.toThrow('never deleted');
    await expect(sql(`DELETE FROM ${table} WHERE false`)).rejects.toThrow('never deleted');
    await expect(sql(`TRUNCATE ${table} CASCADE`)).rejects.toThrow('never deleted');
    expect(await count()).toBe(before);
  },
);

test.each([
  ['pool', 'next_index = next_index - 1', 'cannot fall'],
  ['pool', 'next_index = 0', 'cannot fall'],
  ['pool', 'next_index = space + 1', 'pool_next_index_check'],
  ['pool', `prefix = 'A'`, 'identity'],
  ['pool', `suffix = 'Z'`, 'identity'],
  ['pool', `alphabet = '0123456798'`, 'identity'],
  ['pool', 'length = 7', 'identity'],
  ['pool', 'key_version = 2', 'identity'],
  ['pool', `algorithm = 'ff1-aes256-2'`, 'identity'],
  ['pool', 'space = space + 1', 'identity'],
  ['pool', `check_value = '\\x00'`, 'identity'],
  ['slice', 'count = count - 1', 'identity'],
  ['slice', 'sequence = sequence + 1', 'identity'],
  ['slice', `snapshot = '[{"pool": "1", "nextIndex": 1}]'`, 'identity'],
  ['registry', `code = 'other'`, 'owner'],
  ['registry', 'sequence = sequence - 1', 'owner'],
  ['pool', 'namespace_id = 0', 'identity'],
  ['namespace', 'last_sequence = last_sequence - 1', 'count back'],
  ['namespace', `kind = 'grai'`, 'identity'],
  ['namespace', `key = '00000000000000'`, 'identity'],
  ['namespace', 'id = id + 1000', 'identity'],
])('%s refuses %s', async (table, change, reason) => {
  await expect(sql(`UPDATE ${table} SET ${change}`)).rejects.toThrow(reason);
});

test('a pool and a namespace may count on', async () => {
  await sql('UPDATE pool SET next_index = next_index + 1');
  await sql('UPDATE namespace SET last_sequence = last_sequence + 1');
});

const newSlice = (first: number, count: number, ordinal = 99) =>
  sql(
    `INSERT INTO slice (batch_id, ordinal, pool_id, first_index, count, batch_offset, sequence, snapshot)
     SELECT id, $4, pool_id, $2, $3, 0, 1, '[]' FROM batch WHERE id = $1`,
    [job.batchId, first, count, ordinal],
  );

test.each([
  ['the same range', 10, 10],
  ['its last index', 24, 5],
  ['all of several', 0, 100],
  ['one index inside', 15, 1],
])('no slice may overlap another: %s', async (_, first, count) => {
  await expect(newSlice(first, count)).rejects.toThrow('slice_no_overlap');
});

test.each([
  ['empty', 100, 0, 'slice_count_check'],
  ['negative', 100, -1, /slice_count_check|range/],
  ['too large', 1_000, 100_001, 'slice_count_check'],
  ['below the first index', -5, 2, 'slice_count_check'],
])('a slice may not be %s', async (_, first, count, reason) => {
  await expect(newSlice(first, count)).rejects.toThrow(reason);
});

test('two slices of a batch have two ordinals', async () => {
  await expect(newSlice(5_000, 5, 0)).rejects.toThrow('slice_batch_id_ordinal_key');
});

test.each([
  ['more progress than indexes', 'slice', 'progress = count + 1', 'slice_progress_check'],
  ['another state', 'slice', `state = 'lost'`, 'slice_state_check'],
  ['more codes than asked for', 'batch', 'quantity_created = quantity + 1', 'batch_created_check'],
  ['fewer than no open slices', 'batch', 'open_slices = -1', 'batch_open_slices_check'],
  ['another status', 'batch', `status = 'paused'`, 'batch_status_check'],
  ['codes of another width', 'chunk', 'width = width + 1', 'chunk_size_check'],
  ['one code more', 'chunk', `codes = codes || '\\x303030303030'`, 'chunk_size_check'],
  ['fewer codes than span and skips say', 'chunk', 'span = span + 1', 'chunk_span_check'],
  ['a role of its own', 'users', `role = 'root'`, 'users_role_check'],
])('the database has no %s', async (_, table, change, reason) => {
  await expect(sql(`UPDATE ${table} SET ${change}`)).rejects.toThrow(reason);
});

test('a chunk cannot be stored twice', async () => {
  await expect(sql('INSERT INTO chunk SELECT * FROM chunk LIMIT 1')).rejects.toThrow('chunk_pkey');
});

test('a product with codes keeps its GTIN and id; one without may take another GTIN', async () => {
  const change = (number: number, set: string) =>
    sql(`UPDATE product SET ${set} WHERE gtin = $1 OR id = $2`, [gtinOf(number), `/01/${gtinOf(number)}`]);
  await expect(change(1, `gtin = '${gtinOf(3)}'`)).rejects.toThrow('gtin cannot change');
  await expect(change(1, 'gtin = NULL')).rejects.toThrow('gtin cannot change');
  await expect(change(1, `id = '/01/${gtinOf(3)}'`)).rejects.toThrow('cannot change');
  await change(1, `gtin = '${gtinOf(1)}', brand = 'B'`);
  await change(2, `gtin = '${gtinOf(4)}'`);
  const { rows } = await sql('SELECT gtin, brand FROM product ORDER BY id');
  expect(rows).toEqual([
    { gtin: gtinOf(1), brand: 'B' },
    { gtin: gtinOf(4), brand: null },
  ]);
});

test('an account with products, and a batch with a job, cannot be removed', async () => {
  await expect(sql('DELETE FROM account WHERE id = $1', [FIRST_ACCOUNT_ID])).rejects.toThrow('foreign key');
  await expect(sql('DELETE FROM product WHERE id = $1', [`/01/${gtinOf(1)}`])).rejects.toThrow('has codes');
});

test('the view of issued codes has one row a code', async () => {
  const { rows } = await sql(
    'SELECT count(*)::int AS rows, count(DISTINCT code)::int AS codes, min(place)::int AS first, max(place)::int AS last FROM issued_code',
  );
  expect(rows).toEqual([{ rows: 25, codes: 25, first: 0, last: 24 }]);
});
