import vectors from '../../../tests/vectors/gs1.json';
import { CSET_82 } from '../src/gs1/cset82';
import { escapeLinkValue, isLink, parseLink } from '../src/gs1/digitalLink';
import { isMarkedElementString, parseElementString } from '../src/gs1/elementString';

const GTIN = '09312345551927';
const FNC1 = '\x1D';
const juice = (serial: string) => ({ kind: 'sgtin', key: GTIN, serial });

/** The same without brackets, as a scanner sends it. */
const scanned = (elementString: string) => elementString.replace(/\((\d{2,4})\)/g, '$1');

describe('element strings', () => {
  test.each(vectors.digitalLink)(
    '$elementString is read with and without brackets, and as its link',
    (one) => {
      const item = parseElementString(one.elementString);
      expect(item).toEqual(expect.objectContaining({ kind: expect.any(String) }));
      expect(parseElementString(scanned(one.elementString))).toEqual(item);
      expect(parseElementString(`]d2${scanned(one.elementString)}${FNC1}`)).toEqual(item);
      for (const before of ['', 'https://id.gs1.org', 'HTTPS://user@Example.com:8443/some/shop']) {
        expect(parseLink(before + one.path)).toEqual(item);
        expect(parseLink(`${before}${one.path}/?linkType=gs1:pip&21=X#top`)).toEqual(item);
      }
    },
  );

  test.each([
    [`(01)${GTIN}(21)AB`, juice('AB')],
    [`01${GTIN}21AB`, juice('AB')],
    [`01${GTIN}10LOT-7${FNC1}21AB`, juice('AB')],
    [`${FNC1}01${GTIN}1725123110LOT${FNC1}21AB${FNC1}`, juice('AB')],
    [`]C101${GTIN}3103001750410093123455519243921250${FNC1}21AB`, juice('AB')],
    [`21AB${FNC1}01${GTIN}`, juice('AB')],
    [`(17)251231(01)${GTIN}(10)LOT(21)AB(3103)001750`, juice('AB')],
    [`(01)${GTIN}(21)A(B)(7)C`, juice('A(B)(7)C')],
    [`(01)${GTIN}(21)0121`, juice('0121')],
    [`01${GTIN}21A(10)B`, juice('A(10)B')],
    [`800300614141123452ABC/1${FNC1}10LOT`, { kind: 'grai', key: '0614141123452', serial: 'ABC/1' }],
    [
      '(00)106141412345678908(02)09312345551927(37)12',
      { kind: 'sscc', key: '', serial: '106141412345678908' },
    ],
  ])('%j', (text, item) => {
    expect(parseElementString(text)).toEqual(item);
  });

  test.each([
    ['(01)09312345551928(21)AB', 'The check digit of "09312345551928" has to be "7".'],
    ['800300614141123453ABC', 'The check digit of "0614141123453" has to be "2".'],
    ['(00)106141412345678907', 'The check digit of "106141412345678907" has to be "8".'],
    [`01${GTIN}`, 'It has no serial (AI 21) besides the GTIN.'],
    [`01${GTIN}10LOT`, 'It has no serial (AI 21) besides the GTIN.'],
    [`01${GTIN}21`, "A serial has 1 to 20 characters of GS1's character set 82."],
    [`01${GTIN}21${'A'.repeat(21)}`, "A serial has 1 to 20 characters of GS1's character set 82."],
    [`01${GTIN}21Ä`, "A serial has 1 to 20 characters of GS1's character set 82."],
    [`01${GTIN}21A B`, "A serial has 1 to 20 characters of GS1's character set 82."],
    [`800300614141123452${'A'.repeat(17)}`, "A serial has 1 to 16 characters of GS1's character set 82."],
    ['8003106141411234521', 'A GRAI (AI 8003) begins with a zero and 13 digits.'],
    ['(01)931234555192(21)AB', 'The check digit of "931234555192" has to be "'],
    ['0109312345', 'The element of AI 01 is too short.'],
    [`0109312345${FNC1}5192721AB`, 'The element of AI 01 is too short.'],
    [`01${GTIN}21A${FNC1}21B`, 'AI 21 has two values.'],
    [`01${GTIN}${FNC1}AB`, 'No application identifier stands at character 18.'],
    ['10LOT', 'It has no GTIN (AI 01), no GRAI (AI 8003) and no SSCC (AI 00).'],
    ['(99)X', 'It has no GTIN (AI 01), no GRAI (AI 8003) and no SSCC (AI 00).'],
    ['(0)1', 'No application identifier stands at character 1.'],
    ['', 'It has no GTIN (AI 01), no GRAI (AI 8003) and no SSCC (AI 00).'],
  ])('%j is refused', (text, error) => {
    expect(parseElementString(text)).toEqual({ error: expect.stringContaining(error) });
  });

  test.each(vectors.badCheckDigitKeys.filter((key) => key.length === 14 || key.length === 18))(
    '%s',
    (key) => {
      const text = key.length === 18 ? `(00)${key}` : `(01)${key}(21)A`;
      expect(parseElementString(text)).toEqual({ error: expect.stringContaining('check digit') });
    },
  );

  test.each([...CSET_82])('a serial may have "%s"', (character) => {
    expect(parseElementString(`01${GTIN}21A${character}`)).toEqual(juice(`A${character}`));
    expect(parseLink(`/01/${GTIN}/21/${escapeLinkValue(`A${character}`)}`)).toEqual(juice(`A${character}`));
  });

  test('what is marked as one, and what may be a bare serial', () => {
    const marked = ['(01)1', ']d201', `10A${FNC1}21B`];
    expect(marked.map(isMarkedElementString)).toEqual([true, true, true]);
    expect(['01093', '(1)', 'A(01)', ']x'].map(isMarkedElementString)).toEqual([false, false, false, false]);
  });
});

describe('links', () => {
  test.each([
    [`https://id.gs1.org/01/${GTIN}/22/2A/10/LOT%2F1/21/AB`, juice('AB')],
    [`/01/9312345551927/21/AB`, juice('AB')],
    [`https://x.example/01/${GTIN}/21/A%2fB//`, juice('A/B')],
    [`https://x.example/01/${GTIN}/21/00`, juice('00')],
    ['https://tn.gg/Xy-12', { host: 'tn.gg', code: 'Xy-12' }],
    ['http://TN.gg:8080/Xy?a=/01/', { host: 'TN.gg', code: 'Xy' }],
  ])('%s', (link, item) => {
    expect(isLink(link)).toBe(true);
    expect(parseLink(link)).toEqual(item);
  });

  test.each([
    [`https://id.gs1.org/01/${GTIN}`, 'It has no serial (AI 21) besides the GTIN.'],
    [`https://id.gs1.org/01/${GTIN}/21`, 'AI 21 has no value in the link.'],
    [`https://id.gs1.org/01/${GTIN}/21/%E0%A4`, 'A percent escape of the link is broken.'],
    [`/01/09312345551928/21/A`, 'The check digit of "09312345551928" has to be "7".'],
    ['https://id.gs1.org/01/juice/21/A', 'A GTIN has 8, 12, 13 or 14 digits.'],
    ['https://id.gs1.org/a/b', 'The link is neither a GS1 Digital Link of an item nor a short link.'],
    ['https://id.gs1.org/', 'The link is neither a GS1 Digital Link of an item nor a short link.'],
    ['https://', 'The link is neither a GS1 Digital Link of an item nor a short link.'],
    ['/00/106141412345678907', 'The check digit of "106141412345678907" has to be "8".'],
  ])('%s is refused', (link, error) => {
    expect(isLink(link)).toBe(true);
    expect(parseLink(link)).toEqual({ error });
  });
});
