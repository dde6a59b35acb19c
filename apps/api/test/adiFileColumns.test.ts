import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { complete, everything, idsOf, ORDERS, order, post, read, told } from './adisSupport';
import { addExamples, csvRows, EXAMPLE, EXAMPLE_ASSET, epcHex, PREFIX_LENGTH } from './columnsSupport';
import { type Api, PRODUCT, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await addExamples(api);
  // Of neither a GTIN nor a GRAI.
  await api.database.prisma.product.create({ data: { id: 'crate', account_id: FIRST_ACCOUNT_ID } });
});
afterAll(() => api.close());

const FIELDS = ['gtin', 'serial', 'elementString', 'epcUri', 'epcHex', 'identifier'];

const bodyOf = (product: string | undefined, fileMetadata: object, codes: object) => ({
  purchaseOrder: 'PO-1',
  metadata: { identifierKey: 'gs1:21', product },
  fileMetadata,
  ...codes,
});

const GENERATED = { idGeneration: { length: 10, quantity: 120 } };
const supplied = (...ids: string[]) => ({ ids });

async function filesOf(body: object): Promise<{ id: string; csv: string; txt: string }> {
  const id = await order(api, body);
  await complete(api, id);
  const { identifiers } = (await read(api, `${ORDERS}/${id}`)).body.results;
  const file = async (link: string) => (await api.get(link.slice(api.url.length), 'nobody')).text;
  return { id, csv: await file(identifiers.csv), txt: await file(identifiers.txt) };
}

const options = { prefixLength: PREFIX_LENGTH };

test('codes of a GTIN have all of them', async () => {
  const files = { csv: { columns: FIELDS }, txt: { value: 'epcHex' } };
  for (const codes of [GENERATED, supplied('6789', '32a/b', '"%&/<>?', '-=+')]) {
    const { id, csv, txt } = await filesOf(bodyOf(EXAMPLE, files, codes));
    const ids = await idsOf(api, id);
    const rows = csvRows(csv.replaceAll('\r\n', '\n'));
    expect(csv.split('\r\n')[0]).toBe(FIELDS.join(','));
    expect(rows).toEqual(
      ids.map((code) => ({
        gtin: '80614141123458',
        serial: code,
        elementString: `(01)80614141123458(21)${code}`,
        epcUri: `urn:epc:id:sgtin:0614141.812345.${code.replace(
          /["%&/<>?]/g,
          (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
        )}`,
        epcHex: epcHex('sgtin', '80614141123458', code, options),
        identifier: code,
      })),
    );
    expect(txt.trimEnd().split('\n')).toEqual(rows.map((row) => row.epcHex));
  }
});

test('codes of a GRAI have all but the GTIN', async () => {
  const columns = ['serial', 'elementString', 'epcUri', 'epcHex'];
  const files = { csv: { columns }, txt: { value: 'elementString', perLine: 2 } };
  const { csv, txt } = await filesOf(bodyOf(EXAMPLE_ASSET, files, supplied('5678', '32a/b', 'x')));
  expect(csvRows(csv.replaceAll('\r\n', '\n'))).toEqual(
    ['5678', '32a/b', 'x'].map((code) => ({
      serial: code,
      elementString: `(8003)00614141123452${code}`,
      epcUri: `urn:epc:id:grai:0614141.12345.${code.replace('/', '%2F')}`,
      epcHex: epcHex('grai', '0614141123452', code, options),
    })),
  );
  expect(txt).toBe('(8003)006141411234525678,(8003)0061414112345232a/b\n(8003)00614141123452x\n');
});

test.each([
  [undefined, 'gtin', '"gtin" needs metadata.product.'],
  [undefined, 'epcUri', '"epcUri" needs metadata.product.'],
  [undefined, 'serial', '"serial" needs metadata.product.'],
  ['crate', 'elementString', '"elementString" needs a product with a GTIN or a GRAI.'],
  ['crate', 'epcHex', '"epcHex" needs a product with a GTIN or a GRAI.'],
  [EXAMPLE_ASSET, 'gtin', '"gtin" needs a product with a GTIN.'],
  [
    PRODUCT,
    'epcUri',
    '"epcUri" needs the length of its company prefix: set company_prefix_length in an issuing_policy of the product or of its account.',
  ],
])('of %s "%s" is refused with its number', async (product, field, message) => {
  for (const [place, files] of [
    ['fileMetadata.csv.columns', { csv: { columns: ['identifier', field] } }],
    ['fileMetadata.txt.value', { txt: { value: field } }],
  ] as const) {
    const before = await everything(api);
    const answer = await post(api, bodyOf(product, files, GENERATED));
    expect(told(answer)).toEqual({ status: 400, code: 80000150, error: `${place}: ${message}` });
    expect(await everything(api)).toEqual(before);
  }
});

test('a policy that was withdrawn afterwards is told of when the file is read', async () => {
  await api.post('/items/issuing_policy', { product: PRODUCT, company_prefix_length: 7 });
  const { id, txt } = await filesOf(bodyOf(PRODUCT, { txt: { value: 'epcUri' } }, supplied('kept')));
  expect(txt).toBe('urn:epc:id:sgtin:9312345.055192.kept\n');
  await api.database.pool.query('DELETE FROM issuing_policy WHERE product = $1', [PRODUCT]);
  const { identifiers } = (await read(api, `${ORDERS}/${id}`)).body.results;
  const answer = await api.get(identifiers.txt.slice(api.url.length), 'nobody');
  expect(told(answer).status).toBe(409);
  expect((await api.get(identifiers.csv.slice(api.url.length), 'nobody')).status).toBe(200);
});
