import { CSET_82 } from '@codemint/shared';
import fc from 'fast-check';
import { fileLayout } from '../src/adis/files/fileLayouts';
import {
  type FileMetadata,
  fileMetadataIssues,
  fileMetadataSchema,
  requireTellable,
} from '../src/adis/files/fileMetadata';

const PRODUCT = '/01/09312345551927';

describe('fileMetadata', () => {
  it.each<object>([
    {},
    { csv: {}, txt: {} },
    {
      csv: {
        columns: ['digitalLink', 'shortUrl', 'identifier', 'product'],
        digitalLinkDomain: 'https://x.example',
      },
    },
    {
      txt: { value: 'product', digitalLinkDomain: 'http://x.example/a/b/', perLine: 20_000, separator: '\t' },
    },
    { txt: { newLine: '\\r\\n' } },
  ])('may be %j', (files) => {
    expect(fileMetadataSchema.safeParse(files).success).toBe(true);
  });

  it.each<[string, unknown]>([
    ['', []],
    ['', { csw: {} }],
    ['csv', { csv: 'identifier' }],
    ['csv', { csv: { column: ['identifier'] } }],
    ['csv.columns', { csv: { columns: [] } }],
    ['csv.columns', { csv: { columns: ['identifier', 'identifier'] } }],
    ['csv.columns.0', { csv: { columns: ['sscc'] } }],
    ['csv.digitalLinkDomain', { csv: { digitalLinkDomain: 'x.example' } }],
    ['csv.digitalLinkDomain', { csv: { digitalLinkDomain: 'ftp://x.example' } }],
    ['csv.digitalLinkDomain', { csv: { digitalLinkDomain: 'https://me:pass@x.example' } }],
    ['txt.digitalLinkDomain', { txt: { digitalLinkDomain: 'https://x.example?a' } }],
    ['txt.digitalLinkDomain', { txt: { digitalLinkDomain: 'https://x.example#a' } }],
    ['txt.value', { txt: { value: ['identifier'] } }],
    ['txt.perLine', { txt: { perLine: 0 } }],
    ['txt.perLine', { txt: { perLine: 1.5 } }],
    ['txt.perLine', { txt: { perLine: '2' } }],
    ['txt.separator', { txt: { separator: 'x'.repeat(101) } }],
    ['txt.separator', { txt: { separator: '\0' } }],
    ['txt.newLine', { txt: { newLine: '\ud800' } }],
  ])('is refused at "%s" in %j', (place, files) => {
    const { error } = fileMetadataSchema.safeParse(files);
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([place]);
  });

  const all: FileMetadata = {
    csv: { columns: ['digitalLink', 'shortUrl', 'identifier'] },
    txt: { value: 'product' },
  };

  it('needs a product and a short domain for what tells them', () => {
    expect(fileMetadataIssues(all, { product: PRODUCT, shortDomain: 'tn.gg' })).toEqual([]);
    expect(fileMetadataIssues({}, {})).toEqual([]);
    expect(fileMetadataIssues(all, {})).toMatchObject([
      { field: 'fileMetadata.csv.columns', message: '"digitalLink" needs metadata.product.' },
      { field: 'fileMetadata.csv.columns', message: '"shortUrl" needs metadata.shortDomain.' },
      { field: 'fileMetadata.txt.value', message: '"product" needs metadata.product.' },
    ]);
  });

  it('has digital links only where the standard has them', () => {
    expect(() => requireTellable(all, 'sgtin', null)).not.toThrow();
    expect(() => requireTellable(all, 'grai', null)).not.toThrow();
    expect(() => requireTellable(all, 'adi', null)).toThrow(
      '"digitalLink" needs a product with a GTIN or a GRAI.',
    );
    expect(() => requireTellable({ txt: { value: 'shortUrl' } }, 'adi', null)).not.toThrow();
  });
});

/** A file of these codes, as it is streamed. */
function written(files: FileMetadata, format: 'csv' | 'txt' | 'json', codes: readonly string[]): string {
  const order = { product: 'a "product", with\r\nall', shortDomain: 'tn.gg', linkHost: 'id.gs1.org' };
  const namespace = { kind: 'sgtin', key: '09312345551927' } as const;
  const { head, glue, text, tail } = fileLayout(files, format, { order, namespace, prefixLength: null });
  return head + codes.map((code, i) => glue(i) + text(code, `s${i}`)).join('') + tail(codes.length);
}

/** Reads RFC 4180. */
function readCsv(text: string): string[][] {
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy);
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? (plain as string));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('what is written', () => {
  const codes = fc.array(
    fc.string({ unit: fc.constantFrom(...CSET_82, ' ', '€', '\u{1f600}'), minLength: 1 }),
  );

  it('is read back from CSV as it was', () => {
    const columns = ['product', 'identifier', 'shortUrl', 'digitalLink'] as const;
    fc.assert(
      fc.property(codes, fc.shuffledSubarray([...columns], { minLength: 1 }), (ids, asked) => {
        const [head, ...rows] = readCsv(written({ csv: { columns: asked } }, 'csv', ids));
        expect(head).toEqual(asked);
        const link = 'https://id.gs1.org/01/09312345551927/21/';
        const expected = ids.map((id, i) => ({
          product: 'a "product", with\r\nall',
          identifier: id,
          shortUrl: `https://tn.gg/s${i}`,
          digitalLink:
            link +
            encodeURIComponent(id).replace(
              /[!'()*]/g,
              (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
            ),
        }));
        const found = rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [asked[i], cell])));
        expect(found).toEqual(
          expected.map((row) => Object.fromEntries(asked.map((field) => [field, row[field]]))),
        );
      }),
    );
  });

  it('is read back from JSON as it was', () => {
    fc.assert(fc.property(codes, (ids) => expect(JSON.parse(written({}, 'json', ids))).toEqual(ids)));
  });

  it('has as many values a line as it should', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/)),
        fc.integer({ min: 1, max: 12 }),
        (ids, perLine) => {
          const text = written({ txt: { perLine, separator: ';', newLine: '\n' } }, 'txt', ids);
          const lines = text.split('\n');
          expect(lines.pop()).toBe('');
          expect(lines.flatMap((line) => line.split(';'))).toEqual(ids);
          for (const line of lines.slice(0, -1)) expect(line.split(';')).toHaveLength(perLine);
        },
      ),
    );
  });
});
