import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '../support/postgres';
import { Scene } from './scene';

const PRODUCT = '/01/09312345551927';
const GRAI = '/8003/09312345678907';
const EARLIER_JOB = randomUUID();
const EARLIER_SSCCS = {
  type: 'sscc',
  sscc_company_prefix: '093123455',
  sscc_start_serial: 100,
  quantity: 50,
};

const job = (fields: object) => ({ product: PRODUCT, quantity: 10, ...fields });

/** What is wrong, the body, and the fields that the answer names. */
const WRONG_FIELDS: [what: string, body: object, fields: string[]][] = [
  ['nothing', {}, ['product', 'quantity']],
  ['an unknown type', job({ type: 'epc' }), ['type']],
  ['a length that is too small', job({ length: 5 }), ['length']],
  ['a length that is too great', job({ length: 21 }), ['length']],
  ['a GRAI serial that is too long', job({ type: 'grai', product: GRAI, length: 17 }), ['length']],
  ['no quantity', { product: PRODUCT }, ['quantity']],
  ['a quantity of 0', job({ quantity: 0 }), ['quantity']],
  ['a negative quantity', job({ quantity: -1 }), ['quantity']],
  ['a quantity above the limit', job({ quantity: 1_000_001 }), ['quantity']],
  ['an unknown character set', job({ character_set: 'hex' }), ['character_set']],
  ['no product', { quantity: 10 }, ['product']],
  ['a product of another type', job({ type: 'grai' }), ['product']],
  ['more codes than the space has left', job({ character_set: 'numeric', length: 6, quantity: 1_000_000 }), ['quantity']],
  ['an sscc job without a prefix', { type: 'sscc', quantity: 10 }, ['sscc_company_prefix']],
  ['a prefix that is too short', { ...EARLIER_SSCCS, sscc_company_prefix: '931' }, ['sscc_company_prefix']],
  ['a wrong extension digit', { ...EARLIER_SSCCS, sscc_extension_digit: 10 }, ['sscc_extension_digit']],
  ['more serials than a prefix has', { ...EARLIER_SSCCS, sscc_company_prefix: '093123455678', quantity: 10_001, sscc_start_serial: null }, ['quantity']],
  ['serials that are given out', { ...EARLIER_SSCCS, sscc_start_serial: 149 }, ['sscc_start_serial']],
  ['a short code job without a domain', { type: 'short_code', quantity: 10 }, ['domain']],
  ['an id that is there', job({ id: EARLIER_JOB }), ['id']],
  ['several things at once', job({ quantity: 0, length: 99 }), ['length', 'quantity']],
]; // biome-ignore format: a case a line

/** Bodies that are refused as a whole, or for what they refer to. */
const WRONG_BODIES: [what: string, body: object | string, status: number][] = [
  ['no JSON', '{"quantity": ', 400],
  ['a body that is too large', JSON.stringify(job({ reference_id: 'x'.repeat(1_100_000) })), 400],
  ['an unknown product', job({ product: '/01/09312345552016' }), 400],
  ['an unknown domain', { type: 'short_code', domain: randomUUID(), quantity: 10 }, 400],
  ['another account', job({ account: randomUUID() }), 400],
  ['a nested object', job({ product: { gtin: '09312345551927' } }), 400],
  ['a good job beside a wrong one', [job({ quantity: 500 }), job({ quantity: 0 })], 400],
  ['a good job beside one of an id that is there', [job({}), job({ id: EARLIER_JOB })], 400],
  ['one id twice', [job({ id: '1d3f2c1e-0000-4000-8000-000000000001' }), job({ id: '1d3f2c1e-0000-4000-8000-000000000001' })], 400],
]; // biome-ignore format: a case a line

describe('a refused request changes nothing', () => {
  let scene: Scene;
  beforeAll(async () => {
    const { connectionString, drop } = await createTestDatabase();
    scene = await Scene.open({ connectionString, stop: drop }, {});
    await scene.api.data('POST', '/items/product', { id: GRAI });
    const earlier = [
      job({ id: EARLIER_JOB, character_set: 'numeric', length: 6 }),
      EARLIER_SSCCS,
      { type: 'grai', product: GRAI, quantity: 10 },
    ];
    await scene.api.data('POST', '/items/identifier_job', earlier);
    await scene.expectAllComplete(3, 70);
    await scene.stack.processes.find(({ name }) => name === 'worker-1')?.stop();
  });
  afterAll(() => scene?.close());

  /** All that counts numbers, and all that was accepted or enqueued. */
  const state = () =>
    scene.query(`
      SELECT (SELECT json_agg(n ORDER BY id) FROM namespace n) AS namespaces,
             (SELECT json_agg(p ORDER BY id) FROM pool p) AS pools,
             (SELECT json_agg(b ORDER BY id) FROM batch b) AS batches,
             (SELECT json_agg(s ORDER BY id) FROM slice s) AS slices,
             (SELECT json_agg(j ORDER BY id) FROM identifier_job j) AS jobs,
             (SELECT count(*)::int FROM bullmq.job) AS "queueJobs"`);

  test.each(WRONG_FIELDS)('%s', async (_what, body, fields) => {
    const before = await state();
    const answer = await scene.api.call('POST', '/items/identifier_job', body);
    expect(answer.status).toBe(400);
    const named = answer.body.errors?.map(({ extensions }) => extensions.field);
    expect([...new Set(named)].sort()).toEqual(fields);
    expect(await state()).toEqual(before);
  });

  test.each(WRONG_BODIES)('%s', async (_what, body, status) => {
    const before = await state();
    const answer = await scene.api.call('POST', '/items/identifier_job', body);
    expect([answer.status, answer.body.errors]).toEqual([status, expect.any(Array)]);
    expect(await state()).toEqual(before);
  });

  test('no token, a wrong one, changes to what is fixed', async () => {
    const before = await state();
    const post = (headers: Record<string, string>) =>
      fetch(`${scene.stack.url}/items/identifier_job`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(job({})),
      });
    expect((await post({})).status).toBe(403);
    expect((await post({ authorization: 'Bearer nobody-has-this' })).status).toBe(401);
    const patch = await scene.api.call('PATCH', `/items/identifier_job/${EARLIER_JOB}`, { quantity: 11 });
    expect(patch.status).toBe(400);
    expect(await state()).toEqual(before);
  });

  test('what is accepted afterwards goes on where the last one ended', async () => {
    await scene.stack.startWorker();
    const { id } = await scene.api.post(job({ character_set: 'numeric', length: 6 }));
    await scene.api.untilComplete(id);
    const sequences = await scene.query(
      `SELECT p.next_index::int, n.last_sequence::int FROM pool p JOIN namespace n ON n.id = p.namespace_id
        WHERE n.kind = 'sgtin'`,
    );
    expect(sequences).toEqual([{ next_index: 20, last_sequence: 2 }]);
    await scene.expectAllComplete(4, 80);
  });
});
