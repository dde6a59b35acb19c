import { gunzipSync } from 'node:zlib';
import { deleteJobs, removeChunks } from '@codemint/db';
import { CHARACTER_SETS } from '@codemint/shared';
import { until } from '../../../tests/support/until';
import { ColumnRows } from '../src/codes/columns/columnRows';
import {
  acceptJob,
  FORMER_RING,
  LARGE,
  makeJob,
  makeSliceOf,
  open,
  storedCodes,
  TWO_KEYS,
} from './codesSupport';
import { type Api, ASSET, codes as errorCodes, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
});
afterAll(() => api.close());

const file = (id: string, format: string) => `/items/identifier_job/${id}/codes.${format}`;
const identity = { 'accept-encoding': 'identity' };

describe('the files of a job', () => {
  let id: string;
  let codes: string[];
  beforeAll(async () => {
    id = await makeJob(api);
    codes = await storedCodes(api, id);
  });

  const link = (code: string) => `https://id.gs1.org${PRODUCT}/21/${code}`;
  const expected: Record<string, () => string> = {
    txt: () => codes.map((code) => `${code}\n`).join(''),
    csv: () => `code,digital_link\n${codes.map((code) => `${code},${link(code)}\n`).join('')}`,
    json: () => JSON.stringify(codes),
    ndjson: () => codes.map((code) => `${JSON.stringify({ code, digital_link: link(code) })}\n`).join(''),
  };

  it.each([
    ['txt', 'text/plain; charset=utf-8'],
    ['csv', 'text/csv; charset=utf-8'],
    ['json', 'application/json; charset=utf-8'],
    ['ndjson', 'application/x-ndjson; charset=utf-8'],
  ])('%s has every code in order', async (format, contentType) => {
    const { status, headers, body } = await raw(file(id, format), 'GET', identity);
    expect(status).toBe(200);
    expect(codes).toHaveLength(250);
    expect(body.toString()).toBe(expected[format]?.());
    expect(headers).toMatchObject({
      'content-type': contentType,
      'content-length': String(body.length),
      'content-disposition': `attachment; filename="${id}.${format}"`,
      'accept-ranges': 'none',
    });
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('answers HEAD with the headers of GET', async () => {
    for (const headers of [identity, { 'accept-encoding': 'gzip' }]) {
      const got = await raw(file(id, 'csv'), 'GET', headers);
      const head = await raw(file(id, 'csv'), 'HEAD', headers);
      for (const response of [got, head]) {
        delete response.headers.date;
        delete response.headers['x-request-id'];
        delete response.headers['transfer-encoding'];
      }
      expect(head.headers).toEqual(got.headers);
      expect(head.body).toHaveLength(0);
    }
  });

  it('compresses where that is accepted', async () => {
    const plain = await raw(file(id, 'csv'), 'GET', identity);
    const packed = await raw(file(id, 'csv'), 'GET', { 'accept-encoding': 'br, gzip;q=0.8' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.headers['content-length']).toBeUndefined();
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    for (const response of [plain, packed]) expect(response.headers.vary).toBe('Accept-Encoding');
    const refused = await raw(file(id, 'csv'), 'GET', { 'accept-encoding': 'gzip;q=0' });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('answers 304 to who has the file', async () => {
    const tags = new Set<string>();
    for (const format of Object.keys(expected)) {
      for (const encoding of ['identity', 'gzip']) {
        const headers = { 'accept-encoding': encoding };
        const { etag } = (await raw(file(id, format), 'HEAD', headers)).headers;
        tags.add(String(etag));
        const again = await raw(file(id, format), 'GET', { ...headers, 'if-none-match': `"x", W/${etag}` });
        expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
        const other = await raw(file(id, format), 'HEAD', { ...headers, 'if-none-match': '"x"' });
        expect(other.status).toBe(200);
      }
    }
    expect(tags.size).toBe(8);
  });

  it('tells the same tag as long as the content is the same', async () => {
    const twin = await makeJob(api);
    const tagOf = async (job: string) => (await raw(file(job, 'txt'), 'HEAD', identity)).headers.etag;
    expect(await tagOf(id)).toBe(await tagOf(id));
    expect(await tagOf(twin)).not.toBe(await tagOf(id));
  });
});

describe('digital links', () => {
  const linksOf = async (id: string) => {
    const { text } = await api.get(file(id, 'csv'));
    return text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',') as [string, string]);
  };

  it('end with the code as it is, whatever the character set', async () => {
    for (const alphabet of Object.values(CHARACTER_SETS)) expect(encodeURIComponent(alphabet)).toBe(alphabet);
    const id = await makeJob(api, { characterSet: 'GS1-64w', length: 20, quantity: 90 });
    const links = await linksOf(id);
    expect(links.some(([code]) => code.includes('-')) && links.some(([code]) => code.includes('_'))).toBe(
      true,
    );
    for (const [code, link] of links) expect(link).toBe(`https://id.gs1.org${PRODUCT}/21/${code}`);
  });

  it('of a GRAI have the serial after the asset type', async () => {
    const id = await makeJob(api, { type: 'grai', product: ASSET, quantity: 5, length: 6 });
    for (const [code, link] of await linksOf(id)) expect(link).toBe(`https://id.gs1.org${ASSET}${code}`);
  });

  it('of an SSCC are its path', async () => {
    const id = await makeJob(api, {
      type: 'sscc',
      product: null,
      ssccCompanyPrefix: '0614141',
      quantity: 120,
    });
    const links = await linksOf(id);
    expect(links).toHaveLength(120);
    for (const [code, link] of links) expect(link).toBe(`https://id.gs1.org/00/${code}`);
    expect(links[0]?.[0]).toBe('006141410000000005');
  });

  it('of a short code are on its domain', async () => {
    const domainName = 'go.example.com';
    const wanted = {
      type: 'short_code',
      product: null,
      domainName,
      linkHost: domainName,
      quantity: 5,
    } as const;
    for (const [code, link] of await linksOf(await makeJob(api, wanted))) {
      expect(link).toBe(`https://go.example.com/${code}`);
    }
  });
});

it('leaves skipped codes out and still sends all that were asked for', async () => {
  const wanted = { characterSet: 'numeric', length: 6, quantity: 900 };
  // Of the same shape under a former key: four in ten of the next codes are given out already.
  const former = await makeJob(api, { ...wanted, quantity: 400_000 }, { sizes: LARGE, ring: FORMER_RING });
  const id = await makeJob(api, wanted);
  const { text } = await api.get(file(id, 'txt'));
  const lines = text.split('\n').slice(0, -1);
  expect(new Set(lines).size).toBe(900);
  expect(lines).toEqual(await storedCodes(api, id));
  const taken = new Set(await storedCodes(api, former));
  expect(lines.filter((code) => taken.has(code))).toEqual([]);
  const { rows } = await api.database.pool.query(
    'SELECT sum(cardinality(skipped))::int AS skipped FROM chunk JOIN identifier_job j USING (batch_id) WHERE j.id = $1',
    [id],
  );
  expect(rows[0].skipped).toBeGreaterThan(300);
});

describe('a job without its codes', () => {
  it('is 409 with how far it is', async () => {
    const { id, slices } = await acceptJob(api, { quantity: 250 });
    for (const created of [0, 40]) {
      if (created > 0) await makeSliceOf(api, slices[0], { maxChunks: 1 });
      const answer = await api.get(file(id, 'csv'));
      expect(answer.status).toBe(409);
      expect(answer.headers.get('content-disposition')).toBeNull();
      expect(answer.body.errors).toEqual([
        {
          message: `Job "${id}" is not complete: ${created} of 250 codes are made.`,
          extensions: {
            code: 'JOB_NOT_COMPLETE',
            status: created === 0 ? 'new' : 'in_progress',
            created,
            quantity: 250,
          },
        },
      ]);
    }
  });

  it("is 403 when it is not there or another account's", async () => {
    const id = await makeJob(api, { quantity: 5 });
    const answers = [
      await api.get(file('00000000-0000-4000-8000-000000000000', 'csv')),
      await api.get(file('nonsense', 'csv')),
      await api.get(file(id, 'csv'), 'stranger'),
      await api.get(file(id, 'csv'), 'nobody'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(403);
      expect(errorCodes(answer)).toEqual(['FORBIDDEN']);
    }
    for (const who of ['reader', 'admin'] as const)
      expect((await api.get(file(id, 'csv'), who)).status).toBe(200);
  });
});

describe('the file name', () => {
  it.each([
    ['RGDEMO-OCT-24-CASES', 'attachment; filename="RGDEMO-OCT-24-CASES.csv"'],
    ['a/b\\c:"d"\r\nX: y', 'attachment; filename="a_b_c__d_X_ y.csv"'],
    ['../../etc/passwd', 'attachment; filename="_.._etc_passwd.csv"'],
    [
      `Größe (€) 'x'`,
      `attachment; filename="Gr__e (_) 'x'.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%28%E2%82%AC%29%20%27x%27.csv`,
    ],
    ['日本', `attachment; filename="__.csv"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.csv`],
    ['\u202egnp.exe', 'attachment; filename="gnp.exe.csv"'],
  ])('of %j is safe', async (referenceId, header) => {
    const id = await makeJob(api, { referenceId, quantity: 1 });
    const { headers } = await raw(file(id, 'csv'), 'HEAD', identity);
    expect(headers['content-disposition']).toBe(header);
  });

  it.each([null, '', ' .. '])('of %j is the id', async (referenceId) => {
    const id = await makeJob(api, { referenceId, quantity: 1 });
    const { headers } = await raw(file(id, 'csv'), 'HEAD', identity);
    expect(headers['content-disposition']).toBe(`attachment; filename="${id}.csv"`);
  });
});

describe('in the middle of a file', () => {
  /** More than fits into the buffers between the two ends. */
  const big = { quantity: 400_000, length: 20 };
  const chunks = big.quantity / LARGE.chunk;

  it('a caller who goes away ends the reading', async () => {
    const id = await makeJob(api, big, { sizes: LARGE });
    const rows = jest.spyOn(ColumnRows.prototype, 'bytes');
    const response = await open(api, file(id, 'ndjson'), { headers: identity });
    await new Promise((resolve) => response.once('readable', resolve));
    response.destroy();
    let before = -1;
    await until('nothing is written any more', 10_000, () => {
      const isAtRest = rows.mock.calls.length === before;
      before = rows.mock.calls.length;
      return isAtRest;
    });
    expect(rows.mock.calls.length).toBeLessThan(chunks);
    rows.mockRestore();
    expect((await api.get(file(id, 'txt'))).text).toHaveLength(big.quantity * (big.length + 1));
  });

  // Found by random requests: between the look at the job and the first of its codes.
  it('a job whose codes are being removed is no more', async () => {
    const id = await makeJob(api);
    await api.database.pool.query(
      'DELETE FROM chunk WHERE batch_id = (SELECT batch_id FROM identifier_job WHERE id = $1)',
      [id],
    );
    expect((await raw(file(id, 'csv'), 'GET', identity)).status).toBe(403);
  });

  it('a job that is deleted breaks the connection', async () => {
    const id = await makeJob(api, big, { sizes: LARGE });
    const response = await open(api, file(id, 'ndjson'), { headers: identity });
    await new Promise((resolve) => response.once('readable', resolve));
    for (const batch of await deleteJobs(api.database, [id])) await removeChunks(api.database.pool, batch);
    const ending = new Promise((resolve) =>
      response.once('error', resolve).once('end', () => resolve('end')),
    );
    response.resume();
    expect(await ending).toMatchObject({ code: 'ECONNRESET' });
  });
});

async function raw(path: string, method: string, headers: Record<string, string>) {
  const response = await open(api, path, { method, headers });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode, headers: { ...response.headers }, body: Buffer.concat(parts) };
}
