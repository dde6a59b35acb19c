import type { Random } from './random';

/** A JSON text that stands for itself: numbers that JavaScript would round, keys that come twice. */
export class RawJson {
  constructor(readonly text: string) {}
}

const LONG = 1_000_000;

/** Texts that break what was not made for them. */
const TEXTS: readonly string[] = [
  '', ' ', '\t\n', '\0', 'a\0b', '\u0001\u001f\u007f', '\ud800', 'x\udfffy', '\ufffe\uffff', '\ufeffbom',
  '\u202egnp.exe', 'e\u0301\u0301\u0301', '👩‍👩‍👧‍👦', 'ﷺ', 'İıſK', 'ß', '\u2028\u2029', '０１２', '\u00a0',
  "'", '"', '\\', '`', "' OR 1=1 --", "'; DROP TABLE batch; --", '1) UNION SELECT NULL--', '$1', '#{x}', '%', '_', '%s%n',
  '\\x00', '\\u0000', "E'\\\\'", '$$', '{}', '[]', '{"a":', '{"_eq":1}', '"x"', 'null', 'true', 'undefined', 'NaN', '-0',
  '../../../etc/passwd', '..%2f..%2f', '/', '//', '/01/', '/01/00000000000000', '.', '..', 'file:///etc/passwd',
  'javascript:alert(1)', 'http://', 'http://[::1', 'https://user:pass@host:99999/', 'xn--', 'xn--a', `${'a'.repeat(64)}.com`,
  '=1+1', '@SUM(A1)', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '$NOW', '$NOW(-1 day)', '$NOW(x)', '$CURRENT_USER',
  '$CURRENT_USER.account', '$CURRENT_ROLE', '$NOW(99999999999999 years)', 'year(date_created)', 'count(unique_codes)', '*', '*.*', '*.*.*.*.*',
  '0', '-1', '1e999', '0x10', '1_000', '٣', '9007199254740993', '99999999999999999999', '2026-13-45', '2026-02-30T25:61:61Z',
  '0000-00-00', '-271821-04-20T00:00:00Z', '+275760-09-13T00:00:00.001Z', '294277-01-01', 'infinity', '-infinity', 'now', 'epoch', '24:00',
  '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', '{1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed}',
  '1b9d6bcdbbfd4b2d9b5dab8dfbbd4bed', '(01)09312345551927(21)', '(01)09312345551927(21)\u001d', ']d2010931234555192721x', '\u001d',
  'https://id.gs1.org/01/09312345551927/21/%', 'https://id.gs1.org/01/09312345551927/21/%00', 'gs1:01:', 'gs1:01:09312345551927',
]; // biome-ignore format: a list of texts

const NUMBERS: readonly (number | RawJson)[] = [
  0, 1, 2, -1, 0.5, 1e-9, 21, 64, 65, 255, 256, 32_767, 32_768, 65_536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53,
  -(2 ** 53), 8_640_000_000_000_001, 1e15, 1e21, 1e308, -1e308, 5e-324,
  new RawJson('-0'), new RawJson('1e999'), new RawJson('-1e999'), new RawJson('9223372036854775807'), new RawJson('9223372036854775808'),
  new RawJson('123456789012345678901234567890'), new RawJson('1.00000000000000000000000000000001'),
]; // biome-ignore format: a list of numbers

export function hostileText(random: Random): string {
  const draw = random.fraction();
  if (draw < 0.8) return random.pick(TEXTS);
  if (draw < 0.9) return random.pick(TEXTS).repeat(random.integer(2, 40));
  if (draw < 0.998)
    return random
      .pick(['a', '7', 'é', '😀', '%', "'"])
      .repeat(random.pick([21, 64, 255, 256, 257, 2_001, 10_000]));
  return 'x'.repeat(LONG + random.integer(-60_000, 60_000));
}

/** Anything that JSON can say, and RawJson. */
export function hostileValue(random: Random): unknown {
  const draw = random.fraction();
  if (draw < 0.35) return hostileText(random);
  if (draw < 0.6) return random.pick(NUMBERS);
  if (draw < 0.75)
    return random.pick([
      null,
      true,
      false,
      [],
      {},
      [null],
      [[]],
      { a: 1 },
      [{}],
      { _eq: null },
      { _and: [] },
    ]);
  if (draw < 0.8) return nested(random.pick([12, 100, 3_000]), random.chance(0.5));
  if (draw < 0.9) return random.list(1, random.pick([3, 300]), () => random.pick([...NUMBERS, ...TEXTS]));
  return new RawJson(
    random.pick([
      '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '{"id":1,"id":2}', '{"":""}', '{"\\u0000":1}',
      '"\\ud800"', '{"toString":null}', '{"length":-1}', '{"then":1}', '{"toJSON":1}',
    ]), // biome-ignore format: a list of texts
  );
}

function nested(depth: number, isList: boolean): RawJson {
  return new RawJson(
    isList ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"_and":'.repeat(depth)}1${'}'.repeat(depth)}`,
  );
}

/** As JSON.stringify, with RawJson as it stands. */
export function toJson(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Escaped for a URL; a surrogate on its own, which has no bytes, as U+FFFD. */
export function encodePart(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
}
