import { ApiClient } from '../support/apiClient';
import { ALL_BACKENDS, type Backend, describeBackends } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { type Stack, startApps } from '../support/stack';

/** Each set by a name that a client may write, and what its codes consist of. */
const CHARACTER_SETS: [name: string, characters: RegExp][] = [
  ['alphanumeric', /^[0-9A-Za-z]+$/],
  ['numeric', /^[0-9]+$/],
  ['AN-47', /^[23456789BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz]+$/],
  ['GS1-64w', /^[-0-9A-Z_a-z]+$/],
  ['UAN-28', /^[23456789BCDFGHJKLMNPQRSTVWXZ]+$/],
  ['gs1-36W', /^[0-9A-Z]+$/],
  ['n', /^[0-9]+$/],
];

describeBackends('jobs of all kinds', ALL_BACKENDS, (start) => {
  let backend: Backend;
  let stack: Stack;
  let api: ApiClient;
  beforeAll(async () => {
    backend = await start();
    stack = await startApps(backend);
    api = new ApiClient(stack.url, stack.adminToken);
  });
  afterAll(async () => {
    await stack?.stop();
    await backend?.stop();
  });
  afterEach(() => checkDatabase(backend.connectionString));

  async function make(job: object): Promise<{ codes: string[]; links: string[] }> {
    const { id } = await api.untilComplete((await api.post(job)).id);
    const path = `/items/unique_code?filter[identifier_job][_eq]=${id}&limit=-1&fields=digital_link`;
    const listed = await api.data<{ digital_link: string }[]>('GET', path);
    return { codes: await api.codes(id), links: listed.map((one) => one.digital_link) };
  }

  test('sgtin', async () => {
    const product = await api.addProduct('9312345552016');
    const { codes, links } = await make({ product, quantity: 20, length: 20 });
    expect(codes).toHaveLength(20);
    for (const code of codes) expect(code).toMatch(/^[0-9A-Za-z]{20}$/);
    expect(links).toEqual(codes.map((code) => `https://id.gs1.org/01/09312345552016/21/${code}`));
  });

  test('grai', async () => {
    const { id: product } = await api.data<{ id: string }>('POST', '/items/product', {
      id: '/8003/09312345678907',
    });
    const { codes, links } = await make({ type: 'grai', product, quantity: 20, length: 16 });
    expect(codes).toHaveLength(20);
    for (const code of codes) expect(code).toMatch(/^[0-9A-Za-z]{16}$/);
    expect(links).toEqual(codes.map((code) => `https://id.gs1.org/8003/09312345678907${code}`));
  });

  test('sscc', async () => {
    const job = { type: 'sscc', sscc_company_prefix: '0931234', sscc_extension_digit: 3, quantity: 25 };
    const { codes, links } = await make(job);
    expect(codes.map((code) => code.slice(0, 17))).toEqual(
      codes.map((_, serial) => `30931234${String(serial).padStart(9, '0')}`),
    );
    for (const code of codes) expect(weightedSum(code) % 10).toBe(0);
    expect(links).toEqual(codes.map((code) => `https://id.gs1.org/00/${code}`));
    // The next job goes on behind it, where no start is asked for.
    const next = await api.post(job);
    expect(next.sscc_start_serial).toBe(25);
    await api.untilComplete(next.id);
    // A longer prefix within the same numbers meets what is given out.
    const nested = { ...job, sscc_company_prefix: '093123400', sscc_start_serial: 0 };
    const { status, body } = await api.call('POST', '/items/identifier_job', nested);
    expect([status, body.errors?.[0]?.extensions.code]).toEqual([400, 'RECORD_NOT_UNIQUE']);
    expect(body.errors?.[0]?.message).toContain('The next start that would do is 50.');
  });

  test('short_code', async () => {
    const { id: domain } = await api.data<{ id: string }>('POST', '/items/domain', {
      domain_name: 'go.example.com',
    });
    const { codes, links } = await make({ type: 'short_code', domain, quantity: 20, length: 6 });
    expect(codes).toHaveLength(20);
    expect(links).toEqual(codes.map((code) => `https://go.example.com/${code}`));
  });

  test('every character set, asked for together, of one product', async () => {
    const product = await api.addProduct('77777666100048');
    const wanted = CHARACTER_SETS.map(([character_set]) => ({
      product,
      character_set,
      length: 7,
      quantity: 150,
    }));
    const posted = await api.data<{ id: string; character_set: string }[]>(
      'POST',
      '/items/identifier_job',
      wanted,
    );
    const all: string[] = [];
    for (const [name, characters] of CHARACTER_SETS) {
      const job = posted.find((one) => one.character_set.toLowerCase() === name.toLowerCase());
      const { id } = await api.untilComplete(job?.id as string);
      const codes = await api.codes(id);
      expect(codes).toHaveLength(150);
      for (const code of codes) expect(code).toMatch(characters);
      all.push(...codes);
    }
    expect(new Set(all).size).toBe(CHARACTER_SETS.length * 150);
  });
});

/** GS1's check: with weights 3 and 1 from the right, a right code sums up to a multiple of ten. */
function weightedSum(digits: string): number {
  return [...digits]
    .reverse()
    .reduce((sum, digit, place) => sum + Number(digit) * (place % 2 === 0 ? 1 : 3), 0);
}
