import { CSET_82 } from '@codemint/shared';
import { importJob, importSome, storedCodes, TWO_KEYS } from './codesSupport';
import {
  addExamples,
  COLUMNS,
  csvRows,
  EXAMPLE,
  EXAMPLE_198,
  EXAMPLE_ASSET,
  epcHex,
  fileOf,
  jobOf,
  PREFIX_LENGTH,
  raw,
  setPrefixLength,
} from './columnsSupport';
import { type Api, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  await addExamples(api);
});
afterAll(() => api.close());

type Cells = Record<string, string>;

const all = { prefixLength: PREFIX_LENGTH };

/** What stands in each column, worked out here from the code alone; a column that is not here does not exist. */
const CELLS: Record<string, (code: string, sequence: number) => Cells> = {
  sgtin: (code, sequence) => ({
    code,
    serial: code,
    sequence: String(sequence),
    gtin: '80614141123458',
    element_string: `(01)80614141123458(21)${code}`,
    digital_link: `https://id.gs1.org/01/80614141123458/21/${code}`,
    epc_uri: `urn:epc:id:sgtin:0614141.812345.${code}`,
    epc_hex: epcHex('sgtin', '80614141123458', code, all),
    check_digit: '8',
    epc_join_key: `/01/80614141123458/21/${code}`,
  }),
  grai: (code, sequence) => ({
    code,
    serial: code,
    sequence: String(sequence),
    element_string: `(8003)00614141123452${code}`,
    digital_link: `https://id.gs1.org/8003/00614141123452${code}`,
    epc_uri: `urn:epc:id:grai:0614141.12345.${code}`,
    epc_hex: epcHex('grai', '0614141123452', code, all),
    check_digit: '2',
    epc_join_key: `/8003/00614141123452${code}`,
  }),
  sscc: (code, sequence) => ({
    code,
    serial: code.slice(8, 17),
    sequence: String(sequence),
    element_string: `(00)${code}`,
    digital_link: `https://id.gs1.org/00/${code}`,
    epc_uri: `urn:epc:id:sscc:0614141.1${code.slice(8, 17)}`,
    epc_hex: epcHex('sscc', code, '', all),
    sscc: code,
    check_digit: code.slice(17),
    epc_join_key: `/00/${code}`,
  }),
  short_code: (code, sequence) => ({
    code,
    serial: code,
    sequence: String(sequence),
    digital_link: `https://go.example/${code}`,
    epc_join_key: `/go.example/${code}`,
  }),
};

describe.each(Object.keys(CELLS))('the columns of %s', (type) => {
  const cells = CELLS[type] as (code: string, sequence: number) => Cells;
  const known = Object.keys(cells('000000000000000000', 1));
  let id: string;
  let codes: string[];
  beforeAll(async () => {
    id = await jobOf(api, type, { quantity: 130 });
    codes = await storedCodes(api, id);
  });

  test('tell what they should, in any order', async () => {
    for (const names of [known, known.toReversed(), known.slice(2, 4)]) {
      const { body } = await raw(api, fileOf(id, 'csv', `columns=${names}`));
      const [head] = body.toString().split('\n');
      expect(head).toBe(names.join(','));
      const expected = codes.map((code, i) => {
        const row = cells(code, i + 1);
        return Object.fromEntries(names.map((name) => [name, row[name]]));
      });
      expect(csvRows(body.toString())).toEqual(expected);
    }
  });

  test.each(COLUMNS.filter((name) => !known.includes(name)))('%s is refused', async (name) => {
    const { status, body } = await api.get(fileOf(id, 'csv', `columns=code,${name}`));
    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe('INVALID_QUERY');
    expect(body.errors[0].message).toContain(
      `Codes of type "${type}" have no column "${name}", only [${COLUMNS.filter((one) => known.includes(one)).join(', ')}]`,
    );
  });

  test('are the same in all formats', async () => {
    const query = `columns=${known}`;
    const expected = codes.map((code, i) => ({ ...cells(code, i + 1), sequence: i + 1 }));
    expect((await api.get(fileOf(id, 'json', query))).body).toEqual(expected);
    const { text } = await api.get(fileOf(id, 'ndjson', query));
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(expected);
    for (const name of known) {
      const lines = (await api.get(fileOf(id, 'txt', `columns=${name}`))).text;
      expect(lines).toBe(codes.map((code, i) => `${cells(code, i + 1)[name]}\n`).join(''));
    }
  });

  test('have a length where it can be known', async () => {
    for (const format of ['csv', 'json', 'ndjson']) {
      for (const names of [known, known.filter((name) => name !== 'epc_hex'), ['sequence']]) {
        const got = await raw(api, fileOf(id, format, `columns=${names}`));
        const isKnown = type === 'sscc' || !names.includes('epc_hex');
        expect(got.headers['content-length']).toBe(isKnown ? String(got.body.length) : undefined);
      }
    }
  });
});

/** Hexadecimal and serial of worked examples, with the filter value 3 (packages/shared/test/epcExamples.test.ts). */
test('the worked examples of the standard', async () => {
  const examples: [type: string, product: string, serial: string, hex: string, uri: string][] = [
    ['sgtin', EXAMPLE, '6789', '3074257BF7194E4000001A85', 'urn:epc:id:sgtin:0614141.812345.6789'],
    [
      'sgtin',
      EXAMPLE_198,
      '32a/b',
      '3674257BF6B7A659B2C2BF100000000000000000000000000000',
      'urn:epc:id:sgtin:0614141.712345.32a%2Fb',
    ],
    ['grai', EXAMPLE_ASSET, '5678', '3374257BF40C0E400000162E', 'urn:epc:id:grai:0614141.12345.5678'],
    [
      'grai',
      EXAMPLE_ASSET,
      '32a/b',
      '3774257BF40C0E59B2C2BF1000000000000000000000',
      'urn:epc:id:grai:0614141.12345.32a%2Fb',
    ],
  ];
  for (const [i, [type, product, code, hex, uri]] of examples.entries()) {
    const id = `00000000-0000-4000-8000-0000000001${String(i).padStart(2, '0')}`;
    await importJob(api, { id, type: type as 'sgtin', product });
    await importSome(api, [{ product, code, identifier_job: id }]);
    const { text } = await api.get(fileOf(id, 'csv', 'columns=epc_hex,epc_uri&filter_value=3'));
    expect(text).toBe(`epc_hex,epc_uri\n${hex},${uri}\n`);
  }
  const id = await jobOf(api, 'sscc', { ssccStartSerial: 234567890n, quantity: 1 });
  const { text } = await api.get(fileOf(id, 'csv', 'columns=sscc,epc_hex,epc_uri,serial&filter_value=3'));
  expect(text.split('\n')[1]).toBe(
    '106141412345678908,3174257BF4499602D2000000,urn:epc:id:sscc:0614141.1234567890,234567890',
  );
});

describe('the company prefix', () => {
  test('of a SSCC of four digits counts as six, which may change within a job', async () => {
    const id = await jobOf(api, 'sscc', { ssccCompanyPrefix: '0614', ssccStartSerial: 9_999_999_998n });
    const codes = await storedCodes(api, id);
    const rows = csvRows((await api.get(fileOf(id, 'csv', 'columns=code,serial,epc_uri,epc_hex'))).text);
    expect(new Set(codes.map((code) => code.slice(1, 7)))).toEqual(new Set(['061400', '061401']));
    expect(rows).toEqual(
      codes.map((code) => ({
        code,
        serial: code.slice(5, 17),
        epc_uri: `urn:epc:id:sscc:${code.slice(1, 7)}.1${code.slice(7, 17)}`,
        epc_hex: epcHex('sscc', code, '', { prefixLength: 6 }),
      })),
    );
  });

  test('has to be known for the EPCs of a product, and for nothing else', async () => {
    const id = await jobOf(api, 'sgtin', { product: PRODUCT });
    for (const name of ['epc_uri', 'epc_hex']) {
      const { status, body } = await api.get(fileOf(id, 'csv', `columns=code,${name}`));
      expect(status).toBe(400);
      expect(body.errors[0].message).toBe(
        `Invalid query. "${name}" needs the length of the company prefix of product "${PRODUCT}": set "company_prefix_length" in an issuing_policy of the product or of its account.`,
      );
    }
    const others = 'columns=gtin,element_string,check_digit';
    expect((await api.get(fileOf(id, 'csv', others))).status).toBe(200);
    await setPrefixLength(api, null, 9);
    const codes = await storedCodes(api, id);
    const { text } = await api.get(fileOf(id, 'txt', 'columns=epc_uri'));
    expect(text).toBe(codes.map((code) => `urn:epc:id:sgtin:931234555.0192.${code}\n`).join(''));
    await setPrefixLength(api, PRODUCT, 5);
    const shorter = await api.get(fileOf(id, 'txt', 'columns=epc_uri'));
    expect(shorter.text).toBe(codes.map((code) => `urn:epc:id:sgtin:931234.0555192.${code}\n`).join(''));
  });

  test('of a GTIN-8 has eight digits whatever the policies say', async () => {
    const product = '/01/00000095010939';
    await api.post('/items/product', { id: product });
    const id = await jobOf(api, 'sgtin', { product, quantity: 3 });
    const [code] = await storedCodes(api, id);
    const { text } = await api.get(fileOf(id, 'txt', 'columns=epc_uri'));
    expect(text.split('\n')[0]).toBe(`urn:epc:id:sgtin:00000950.01093.${code}`);
  });
});

describe('supplied codes', () => {
  const JOB = '00000000-0000-4000-8000-000000000201';
  /** All characters that a serial may have, and what formats could take for something else. */
  const SERIALS = [...(CSET_82.match(/.{1,20}/g) as string[]), '=1+1', '-1', '+1', '007', '_x0041_', '%2F'];
  beforeAll(async () => {
    await importJob(api, { id: JOB, product: EXAMPLE });
    await importSome(
      api,
      SERIALS.map((code, i) => ({
        product: EXAMPLE,
        code,
        identifier_job: JOB,
        id: `00000000-0000-4000-9000-0000000002${String(i).padStart(2, '0')}`,
      })),
    );
  });

  const hexOf = (character: string) =>
    `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

  test('are escaped as each column asks, and told exactly', async () => {
    const query = 'columns=sequence,code,element_string,digital_link,epc_uri,epc_hex';
    const expected = SERIALS.map((code, i) => ({
      sequence: String(i + 1),
      code,
      element_string: `(01)80614141123458(21)${code}`,
      digital_link: `https://id.gs1.org/01/80614141123458/21/${code.replace(/[^A-Za-z0-9._~-]/g, hexOf)}`,
      epc_uri: `urn:epc:id:sgtin:0614141.812345.${code.replace(/["%&/<>?]/g, hexOf)}`,
      epc_hex: epcHex('sgtin', '80614141123458', code, all),
    }));
    expect(csvRows((await api.get(fileOf(JOB, 'csv', query))).text)).toEqual(expected);
    expect((await api.get(fileOf(JOB, 'json', query))).body).toEqual(
      expected.map((row, i) => ({ ...row, sequence: i + 1 })),
    );
  });
});

describe('parameters', () => {
  let id: string;
  beforeAll(async () => {
    id = await jobOf(api, 'sgtin');
  });

  test.each([
    ['columns=nope', 'must be one of [code, serial, sequence, gtin, element_string, digital_link, epc_uri'],
    ['columns=code,code', 'must name "code" once'],
    ['columns=', '"" in "columns" must be one of'],
    ['columns=code,', 'must be one of'],
    ['columns[a]=code', 'must be names of columns'],
    ['columns=Code', 'must be one of'],
    ['columns=code;id', 'must be one of'],
    ['columns=__proto__', 'must be one of'],
    ['columns=constructor', 'must be one of'],
    [`columns=${'code,'.repeat(1_000)}`, 'must be one of'],
    ['columns=epc_hex&filter_value=8', '"filter_value" must be a digit from 0 to 7'],
    ['columns=epc_hex&filter_value=', '"filter_value" must be a digit from 0 to 7'],
    ['columns=epc_hex&filter_value=1&filter_value=2', '"filter_value" must be a digit from 0 to 7'],
  ])('%s is refused', async (query, message) => {
    const { status, body } = await api.get(fileOf(id, 'csv', query));
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain(message);
  });

  test('are by comma, repeated or a list', async () => {
    const { text } = await api.get(fileOf(id, 'csv', 'columns=gtin,code'));
    for (const query of [
      'columns=gtin&columns=code',
      'columns[]=gtin&columns[]=code',
      'columns=gtin,%20code',
    ]) {
      expect((await api.get(fileOf(id, 'csv', query))).text).toBe(text);
    }
  });

  test('txt has one column', async () => {
    const { status, body } = await api.get(fileOf(id, 'txt', 'columns=code,gtin'));
    expect(status).toBe(400);
    expect(body.errors[0].message).toBe('Invalid query. "txt" has exactly one of the "columns".');
  });

  test('refuse nothing to whom the job is not', async () => {
    expect((await api.get(fileOf(id, 'csv', 'columns=sscc'), 'stranger')).status).toBe(403);
  });

  test('decide the tag, as do HEAD and 304', async () => {
    const tags = new Set<string>();
    const queries = [
      '',
      'columns=code,digital_link',
      'columns=digital_link,code',
      'columns=epc_hex',
      'columns=epc_hex&filter_value=1',
    ];
    for (const query of queries) {
      const path = fileOf(id, 'csv', query);
      const got = await raw(api, path);
      const head = await raw(api, path, 'HEAD');
      expect([head.status, head.body.length, head.headers.etag]).toEqual([200, 0, got.headers.etag]);
      expect(head.headers['content-length']).toBe(got.headers['content-length']);
      const same = await raw(api, path, 'GET', {
        'accept-encoding': 'identity',
        'if-none-match': String(got.headers.etag),
      });
      expect([same.status, same.body.length]).toEqual([304, 0]);
      tags.add(String(got.headers.etag));
    }
    expect(tags.size).toBe(queries.length);
    const before = await raw(api, fileOf(id, 'csv', 'columns=epc_uri'), 'HEAD');
    await api.database.pool.query('UPDATE issuing_policy SET company_prefix_length = 8 WHERE product = $1', [
      EXAMPLE,
    ]);
    const after = await raw(api, fileOf(id, 'csv', 'columns=epc_uri'), 'HEAD');
    await api.database.pool.query('UPDATE issuing_policy SET company_prefix_length = 7 WHERE product = $1', [
      EXAMPLE,
    ]);
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });
});
