import { Readable } from 'node:stream';
import { InvalidPayloadError, ValidationError } from '@codemint/shared';
import { type ImportFormat, readLines } from '../src';

/** What a file says line by line: its values, or what is wrong with it. Cut into pieces at every character, too. */
async function read(text: string | Buffer, format: ImportFormat): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  const [whole, inPieces] = await Promise.all([
    collect(Readable.from([bytes], { objectMode: false }), format),
    collect(
      Readable.from(
        [...bytes].map((byte) => Buffer.of(byte)),
        { objectMode: false },
      ),
      format,
    ),
  ]);
  expect(inPieces).toEqual(whole);
  return whole;
}

async function collect(file: Readable, format: ImportFormat): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of readLines(file, format)) {
    if ('error' in line) {
      const [issue] = (line.error as ValidationError).issues;
      expect(line.error).toBeInstanceOf(ValidationError);
      lines.push([line.line, issue?.field, issue?.message]);
    } else lines.push(line);
  }
  return lines;
}

describe('CSV', () => {
  test('has columns in any order, quotes, a BOM, either line end, and numbers its lines', async () => {
    expect(
      await read('\uFEFFcode, Status ,product\r\n"a"",b",assigned,/01/1\r\n\r\nc,,\nd , encoded,"x"', 'csv'),
    ).toEqual([
      { line: 2, code: 'a",b', status: 'assigned', product: '/01/1' },
      { line: 4, code: 'c', status: null, product: null },
      { line: 5, code: 'd', status: 'encoded', product: 'x' },
    ]);
  });

  test('has lines of as many values as its header', async () => {
    expect(await read('product,code\na\nb,c,d\ne,f\n', 'csv')).toEqual([
      [2, 'line', 'It has 1 values where the header has 2 names.'],
      [3, 'line', 'It has 3 values where the header has 2 names.'],
      { line: 4, product: 'e', code: 'f' },
    ]);
  });

  test.each(['', '\n\n', 'product,kode\n', 'code,code\n', 'product,id\na,b\n', 'code,toString\n'])(
    'has a header that names what it has: %j has not',
    async (text) => {
      await expect(read(text, 'csv')).rejects.toThrow(/header/);
      await expect(read(text, 'csv')).rejects.toThrow(InvalidPayloadError);
    },
  );

  test.each([
    ['code\n"open', /Quote Not Closed/],
    [`code\n${'x'.repeat(20_000)}\n`, /maximum/i],
  ])('that nobody can read ends there', async (text, message) => {
    await expect(read(text, 'csv')).rejects.toThrow(InvalidPayloadError);
    await expect(read(text, 'csv')).rejects.toThrow(message);
  });
});

describe('NDJSON', () => {
  test('is an object a line; empty lines are passed over and counted', async () => {
    expect(await read('\uFEFF{"code":"ä","id":null}\n\n{"status":"","domain":"x"}\r\n', 'ndjson')).toEqual([
      { line: 1, code: 'ä', id: null },
      { line: 3, status: null, domain: 'x' },
    ]);
    expect(await read('', 'ndjson')).toEqual([]);
  });

  test('with a line that is none is read on', async () => {
    const known = 'It may have product, domain, code, id, status alone.';
    expect(
      await read('[1]\n{\n"x"\nnull\n{"code":12}\n{"kode":"a"}\n{"__proto__":"a"}\n{"code":"b"}', 'ndjson'),
    ).toEqual([
      ...[1, 2, 3, 4].map((line) => [line, 'line', 'It has to be one JSON object.']),
      [5, 'code', 'Value has to be a string.'],
      [6, 'line', known],
      [7, 'line', known],
      { line: 8, code: 'b' },
    ]);
  });

  test('has lines of bounded length', async () => {
    await expect(read(`{"code":"${'x'.repeat(20_000)}"}`, 'ndjson')).rejects.toThrow(InvalidPayloadError);
  });
});

test.each<ImportFormat>(['csv', 'ndjson'])('%s fails as its file fails', async (format) => {
  async function* broken() {
    yield Buffer.from('code\n');
    throw new Error('the disk is gone');
  }
  await expect(collect(Readable.from(broken(), { objectMode: false }), format)).rejects.toThrow(
    format === 'csv' ? 'the disk is gone' : /the disk is gone/,
  );
});
