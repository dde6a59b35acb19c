import { InvalidQueryError } from '@codemint/shared';
import { columnsOf, csv } from '../src/items/export/csv';
import { type ExportFormat, parseExport } from '../src/items/export/formats';
import { writtenRows } from '../src/items/export/rowFormat';

// What the platform of the recordings makes of these items with the libraries it uses (js2xmlparser 5, json2csv 5,
// js-yaml 4, JSON.stringify).
const ITEMS = [
  {
    id: 'a"b',
    n: 1,
    e: '',
    nul: null,
    o: { x: null, y: 'z & <t> ]]> "q" \'' },
    arr: [
      { c: 1, d: null },
      { c: 2, d: 'x' },
    ],
    list: ['a', 'b'],
  },
  { id: '2\n3', n: 1.5, e: ' lead ', nul: 'x', o: null, arr: [], list: [] },
];

const EXPECTED: Record<string, string> = {
  csv: `"id","n","e","nul","o.x","o.y","arr","list","o"
"a""b",1,"",,,"z & <t> ]]> ""q"" '","[{""c"":1,""d"":null},{""c"":2,""d"":""x""}]","[""a"",""b""]",
"2
3",1.5," lead ","x",,,"[]","[]",`,
  xml: `<?xml version='1.0'?>
<data>
    <data>
        <id>a"b</id>
        <n>1</n>
        <e/>
        <nul>null</nul>
        <o>
            <x>null</x>
            <y>z &amp; &lt;t> ]]&gt; "q" '</y>
        </o>
        <arr>
            <c>1</c>
            <d>null</d>
        </arr>
        <arr>
            <c>2</c>
            <d>x</d>
        </arr>
        <list>a</list>
        <list>b</list>
    </data>
    <data>
        <id>2
3</id>
        <n>1.5</n>
        <e> lead </e>
        <nul>x</nul>
        <o>null</o>
    </data>
</data>`,
  json: JSON.stringify(ITEMS, null, '\t'),
  yaml: `- id: a"b
  'n': 1
  e: ''
  nul: null
  o:
    x: null
    'y': z & <t> ]]> "q" '
  arr:
    - c: 1
      d: null
    - c: 2
      d: x
  list:
    - a
    - b
- id: |-
    2
    3
  'n': 1.5
  e: ' lead '
  nul: x
  o: null
  arr: []
  list: []
`,
};

const EMPTY: Record<string, string> = {
  csv: '',
  csv_utf8: '',
  xml: "<?xml version='1.0'?>\n<data/>",
  json: '[]',
  yaml: '[]\n',
};

async function written(name: string, pages: readonly (readonly unknown[])[]): Promise<string> {
  const format = (parseExport(name) as ExportFormat).open(pages.flat(), []);
  let text = '';
  for await (const part of writtenRows(format, inTurn(pages))) text += part;
  return text;
}

async function* inTurn<Page>(pages: readonly Page[]): AsyncGenerator<Page> {
  yield* pages;
}

test.each(Object.keys(EXPECTED))('%s of items, whatever pages they come in', async (name) => {
  expect(await written(name, [ITEMS])).toBe(EXPECTED[name]);
  expect(await written(name, [[], ITEMS.slice(0, 1), [], ITEMS.slice(1)])).toBe(EXPECTED[name]);
});

test('csv_utf8 is csv behind a byte order mark', async () => {
  expect(await written('csv_utf8', [ITEMS])).toBe(`\uFEFF${EXPECTED.csv}`);
});

test.each(Object.entries(EMPTY))('%s of no items', async (name, text) => {
  expect(await written(name, [])).toBe(text);
  expect(await written(name, [[]])).toBe(text);
});

test('an item without a field is an element without a content', async () => {
  expect(await written('xml', [[{}]])).toBe("<?xml version='1.0'?>\n<data>\n    <data/>\n</data>");
});

test('XML has no characters that XML cannot have, and no names that are none', async () => {
  const text = 'a\u0000\u0008b\uD800c\uFFFEd😀\te';
  expect(await written('xml', [[{ text }]])).toContain('<text>a��b�c�d😀\te</text>');
  await expect(written('xml', [[{ 'a b': 1 }]])).rejects.toThrow(InvalidQueryError);
  await expect(written('xml', [[{ '<a': 1 }]])).rejects.toThrow('"<a" cannot be the name of an XML element');
});

test('csv has the columns that later items may have at the end', () => {
  const fields = new Map([
    ['id', null],
    ['account', related(new Map([['account_name', null], ['owner', related(new Map([['id', null]]))]]))],
    ['codes', null],
  ]); // biome-ignore format: a tree
  const others = columnsOf(fields);
  expect(others).toEqual([
    'id',
    'account.account_name',
    'account.owner.id',
    'account.owner',
    'account',
    'codes',
  ]);
  const format = csv([{ id: 1, account: null, codes: 2 }], others, false);
  expect(format.head).toBe(
    '"id","account","codes","account.account_name","account.owner.id","account.owner"\n',
  );
  expect(format.row({ id: 2, account: { account_name: 'A', owner: { id: 'x' } }, codes: 3 })).toBe(
    '2,,3,"A","x",',
  );
});

function related(tree: ReadonlyMap<string, null>) {
  return { kind: 'related', field: 'x', tree, filter: { kind: 'and', parts: [] } } as never;
}

test.each(['', undefined, null])('%p asks for no export', (raw) => {
  expect(parseExport(raw)).toBeUndefined();
});

test.each(['pdf', 'CSV', 'constructor', ['csv'], { csv: '1' }, 1])('%p is no format', (raw) => {
  expect(() => parseExport(raw)).toThrow('"export" must be one of [csv, csv_utf8, json, xml, yaml]');
});
