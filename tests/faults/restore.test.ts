import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@codemint/db';
import { codemint } from '../../apps/cli/test/support';
import { ApiClient, type Job } from '../support/apiClient';
import { type Backend, describeBackends, POSTGRES } from '../support/backends';
import { CODES, checkDatabase } from '../support/checkDatabase';
import { type Dump, dump, load } from '../support/dump';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres';
import { query } from '../support/sql';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';
import { untilAllComplete } from '../support/untilAllComplete';
import { RECOVERY_MS } from './scene';

const MARGIN = 15_000;
const GTIN = '09312345551927';
const NEW_GTIN = '00012345600012';
const SMALL = { length: 6, character_set: 'numeric' };

/** Every code with the namespace that it is given out in. */
const ALL_CODES = `
  SELECT made.batch_id, n.kind || ' ' || n.key || ' ' || made.code AS code
    FROM (${CODES} UNION ALL SELECT namespace_id, batch_id, NULL, code FROM registry) AS made
    JOIN namespace n ON n.id = made.namespace_id`;

/** All codes of a stack that is at rest, by their batches. */
async function codesOf(connectionString: string): Promise<Map<string, Set<string>>> {
  const rows = await query<{ batch_id: string; codes: string[] }>(
    connectionString,
    `SELECT batch_id::text, array_agg(code) AS codes FROM (${ALL_CODES}) AS given GROUP BY 1`,
  );
  return new Map(rows.map((row) => [row.batch_id, new Set(row.codes)]));
}

// With the queue in Postgres the backup brings a stale one along.
describeBackends('a restore', [POSTGRES], (start) => {
  const settings = {
    CODEMINT_MASTER_KEYS: `1:${randomBytes(32).toString('base64')}`,
    CODEMINT_ADMIN_TOKEN: randomBytes(24).toString('base64url'),
    CODEMINT_CHUNK_SIZE: '1000',
    CODEMINT_SLICE_SIZE: '20000',
  };
  const folder = mkdtempSync(join(tmpdir(), 'codemint-restore-'));
  let source: Backend;
  let target: OwnPostgres;
  let stack: Stack;
  let api: ApiClient;
  let backup: Dump;
  /** What was given out afterwards. */
  let lost: Map<string, Set<string>>;
  let waiting: Job[];

  const run = async (connectionString: string) => {
    stack = await startApps({ connectionString, environment: settings });
    api = new ApiClient(stack.url, stack.adminToken);
  };
  const command = (...args: string[]) =>
    codemint({ ...settings, DATABASE_URL: target.connectionString }, 'after-restore', ...args);
  const product = (gtin: string) => `/01/${gtin}`;
  const order = async (body: object) => {
    const response = await api.request('/adis/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ purchaseOrder: 'PO', ...body }),
    });
    if (!response.ok) throw new Error(`order: ${response.status} ${await response.text()}`);
  };
  const metadata = (gtin: string, more = {}) => ({
    identifierKey: 'gs1:21',
    product: product(gtin),
    ...more,
  });

  /** Some of everything. */
  const issue = async (gtin: string, quantity: number): Promise<void> => {
    await api.post({ type: 'sgtin', product: product(gtin), quantity, ...SMALL });
    await api.post({ type: 'sgtin', product: product(gtin), quantity, length: 6, character_set: 'GS1-36w' });
    await api.post({ type: 'sgtin', product: product(gtin), quantity, ...SMALL, epc: 'sgtin-96' });
    await api.post({ type: 'sscc', sscc_company_prefix: gtin.slice(1, 8), quantity });
    await api.post({ type: 'short_code', quantity, ...SMALL });
    const short = { shortDomain: 'tn.example', defaultRedirectUrl: 'https://brand.example/{shortId}' };
    await order({
      idGeneration: { length: 8, quantity: 500, characterSet: 'N' },
      metadata: metadata(gtin, short),
    });
    await order({
      idGeneration: { length: 8, quantity: 500, prefix: 'A' },
      metadata: { identifierKey: 'serial' },
    });
  };

  beforeAll(async () => {
    [source, target] = await Promise.all([start(), startOwnPostgres()]);
    await migrate(target.connectionString);
    await run(source.connectionString);
    for (const gtin of [GTIN, NEW_GTIN]) await api.addProduct(gtin);
    await api.data('POST', '/items/domain', { domain_name: 'tn.example' });

    const stocked = await api.post({ type: 'sgtin', product: product(GTIN), quantity: 2_000, ...SMALL });
    await api.untilComplete(stocked.id);
    const large = { type: 'sgtin', product: product(GTIN), length: 8, quantity: 80_000 };
    waiting = [
      await api.post(large),
      await api.post({ type: 'sscc', sscc_company_prefix: GTIN.slice(1, 8), quantity: 20_000 }),
    ];
    await order({ ids: ['100001', '100002'], metadata: metadata(GTIN) });
    const created = async () => ((await api.job(waiting[0]?.id ?? '')).quantity_created ?? 0) > 1_000;
    await until('jobs are under way', RECOVERY_MS, created);
    backup = await dump(source.connectionString);
  }, 2 * RECOVERY_MS);

  afterAll(async () => {
    await stack.stop();
    await Promise.all([source.stop(), target.stop()]);
    rmSync(folder, { recursive: true });
  });

  test(
    'numbers are given out after the backup was taken, and are lost',
    async () => {
      const [before] = await query<{ last: string }>(
        source.connectionString,
        'SELECT max(id)::text AS last FROM batch',
      );
      for (const gtin of [GTIN, NEW_GTIN]) await issue(gtin, 6_000);
      await order({ ids: ['200001', '200002'], metadata: metadata(GTIN) });
      await api.data('POST', '/items/code_reservation', { product: product(GTIN), quantity: 1_000 });
      await untilAllComplete(source.connectionString, RECOVERY_MS);
      lost = await codesOf(source.connectionString);
      for (const batch of lost.keys()) if (BigInt(batch) <= BigInt(before?.last ?? 0)) lost.delete(batch);
      expect(lost.size).toBeGreaterThan(16);
      await stack.stop();
    },
    3 * RECOVERY_MS,
  );

  test(
    'elsewhere the backup is read, and nothing is given out',
    async () => {
      await load(target.connectionString, backup);
      await run(target.connectionString);
      const refused = await api.call('POST', '/items/identifier_job', {
        product: product(GTIN),
        quantity: 1,
        ...SMALL,
      });
      expect(refused.status).toBe(503);
      expect(refused.body.errors?.[0]?.message).toContain('"codemint after-restore"');
      await expect(
        order({ idGeneration: { length: 8, quantity: 1 }, metadata: metadata(GTIN) }),
      ).rejects.toThrow(/^order: 503 .*after-restore/);
      const reservation = { product: product(GTIN), quantity: 1 };
      expect((await api.call('POST', '/items/code_reservation', reservation)).status).toBe(503);
      const health = await api.request('/server/health');
      expect([health.status, await health.json()]).toMatchObject([
        200,
        { checks: { installation: { status: 'warn' } } },
      ]);
      expect((await api.job(waiting[0]?.id ?? '')).status).toBe('in_progress');
      expect(stack.logs()).toContain('"level":50');
    },
    RECOVERY_MS,
  );

  test(
    'the page is followed, and what was interrupted ends',
    async () => {
      expect(await command()).toMatchObject({
        code: 1,
        err: expect.stringContaining('one product or domain got at most'),
      });
      expect((await command('--margin', String(MARGIN))).err).toContain('give their files with --supplied');
      const file = join(folder, 'supplied.csv');
      writeFileSync(file, `product,code\n${product(GTIN)},200001\n${product(GTIN)},200002\n`);
      const done = await command('--margin', String(MARGIN), '--supplied', file);
      expect(done).toMatchObject({ code: 0, out: expect.stringContaining('Numbers are given out again.') });
      expect(await command()).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to do') });
      await untilAllComplete(target.connectionString, RECOVERY_MS);
      for (const { id, quantity } of waiting) {
        expect(await api.job(id)).toMatchObject({ status: 'complete', quantity_created: quantity });
      }
    },
    2 * RECOVERY_MS,
  );

  test(
    'of all that is given out from then on nothing was given out before',
    async () => {
      const before = await codesOf(target.connectionString);
      for (const gtin of [GTIN, NEW_GTIN]) await issue(gtin, 8_000);
      await untilAllComplete(target.connectionString, RECOVERY_MS);
      const after = await codesOf(target.connectionString);
      const lostCodes = new Set([...lost.values()].flatMap((codes) => [...codes]));
      const again: string[] = [];
      let given = 0;
      for (const [batch, codes] of after) {
        if (before.has(batch)) continue;
        expect(lost.has(batch)).toBe(false);
        for (const code of codes) if (lostCodes.has(code)) again.push(code);
        given += codes.size;
      }
      expect(again).toEqual([]);
      expect(given).toBe(2 * (5 * 8_000 + 3 * 500));
      const waitsAside = 'SELECT 1 FROM set_aside_batch';
      const isAside = async () => (await query(target.connectionString, waitsAside)).length === 0;
      await until('codes of interrupted jobs are set aside', RECOVERY_MS, isAside);
      const nobodys = await api.call('POST', '/items/code_reservation', {
        product: product(GTIN),
        quantity: 200_000,
      });
      expect(nobodys.status).toBe(400);
      await checkDatabase(target.connectionString);
    },
    3 * RECOVERY_MS,
  );
});
