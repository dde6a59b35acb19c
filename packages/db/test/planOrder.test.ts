import { type FieldIssue, ValidationError } from '@codemint/shared';
import { FIRST_ACCOUNT_ID, type OrderPlanRequest, planOrder } from '../src';
import { generated, supplied } from './ordersSupport';

const GTIN = '09312345551927';
const PRODUCT = { id: `/01/${GTIN}`, gtin: GTIN };
const ASSET = { id: '/8003/09312345551927', gtin: null };

function plan(request: Partial<OrderPlanRequest>) {
  return planOrder({
    accountId: FIRST_ACCOUNT_ID,
    identifierKey: 'serial',
    product: null,
    codes: generated(10),
    ...request,
  });
}

function issuesOf(request: Partial<OrderPlanRequest>): readonly FieldIssue[] {
  try {
    plan(request);
  } catch (error) {
    if (error instanceof ValidationError) return error.issues;
    throw error;
  }
  return [];
}

const firstOf = (request: Partial<OrderPlanRequest>) => {
  const [first] = issuesOf(request);
  return first && [first.field, first.rule];
};

describe('the namespace of an order', () => {
  it.each([
    ['a product with a GTIN', { product: PRODUCT, identifierKey: 'any' }, { kind: 'sgtin', key: GTIN }],
    ['an asset type with a GTIN', { product: { ...ASSET, gtin: GTIN } }, { kind: 'sgtin', key: GTIN }],
    ['an asset type', { product: ASSET }, { kind: 'grai', key: '9312345551927' }],
    ['no product', {}, { kind: 'adi', key: `${FIRST_ACCOUNT_ID} serial` }],
  ])('of %s', (_, request, namespace) => {
    expect(plan(request).namespace).toEqual(namespace);
  });

  it('has a shape for generated codes only', () => {
    expect(plan({ codes: generated(10, { prefix: 'A', suffix: 'Z', characterSet: 'N' }) }).shape).toEqual({
      prefix: 'A',
      alphabet: '0123456789',
      length: 8,
      suffix: 'Z',
      algorithm: 'ff1-aes256-1',
    });
    expect(plan({ codes: supplied('a') }).shape).toBeNull();
  });
});

describe('generated codes', () => {
  it.each([
    ['length', generated(10, { length: 7 }), ['idGeneration.length', 'range']],
    ['length', generated(10, { length: 21 }), ['idGeneration.length', 'range']],
    ['length', generated(10, { length: 8.5 }), ['idGeneration.length', 'range']],
    ['set', generated(10, { characterSet: 'AN-48' }), ['idGeneration.characterSet', 'enum']],
    ['quantity', generated(0), ['idGeneration.quantity', 'quantity']],
    ['quantity', generated(20_001), ['idGeneration.quantity', 'quantity']],
    ['prefix', generated(10, { prefix: 'a\u0000' }), ['idGeneration.prefix', 'characters']],
    ['suffix', generated(10, { suffix: '\ud800' }), ['idGeneration.suffix', 'characters']],
    ['all', generated(10, { prefix: 'x'.repeat(249) }), ['idGeneration.length', 'characters']],
  ])('are refused for their %s', (_, codes, expected) => {
    expect(firstOf({ codes })).toEqual(expected);
  });

  it.each([1, 20_000])('can be %i', (quantity) => {
    expect(issuesOf({ codes: generated(quantity) })).toEqual([]);
  });

  it('keep within the 20 characters of AI 21, whatever makes them a serial', () => {
    const fitting = generated(10, { prefix: 'abcdef', suffix: 'ghijkl' });
    const longer = generated(10, { prefix: 'abcdef', suffix: 'ghijklm' });
    for (const request of [{ product: PRODUCT }, { identifierKey: 'gs1:21' }]) {
      expect(issuesOf({ ...request, codes: fitting })).toEqual([]);
      expect(issuesOf({ ...request, codes: longer })).toMatchObject([{ rule: 'characters', valid: 7 }]);
    }
    expect(issuesOf({ codes: longer })).toEqual([]);
  });

  it("keep within the 16 characters of an asset's serial", () => {
    expect(issuesOf({ product: ASSET, codes: generated(10, { length: 16 }) })).toEqual([]);
    expect(firstOf({ product: ASSET, codes: generated(10, { length: 17 }) })).toEqual([
      'idGeneration.length',
      'characters',
    ]);
  });

  it('keep to CSET 82 where they are serials', () => {
    const codes = generated(10, { prefix: 'ü' });
    expect(firstOf({ product: PRODUCT, codes })).toEqual(['idGeneration.prefix', 'characters']);
    expect(issuesOf({ codes })).toEqual([]);
  });
});

describe('supplied ids', () => {
  it.each([
    ['none', supplied(), ['ids', 'format']],
    ['an empty one', supplied('a', ''), ['ids[1]', 'format']],
    ['a control character', supplied('a\nb'), ['ids[0]', 'characters']],
    ['U+0000', supplied('\u0000'), ['ids[0]', 'characters']],
    ['half a pair', supplied('\udc00'), ['ids[0]', 'characters']],
    ['257 characters', supplied('a'.repeat(257)), ['ids[0]', 'characters']],
    ['one twice', supplied('a', 'b', 'a'), ['ids[2]', 'duplicates']],
    ['20,001', supplied(...Array.from({ length: 20_001 }, (_, i) => `${i}`)), ['ids', 'too_many']],
  ])('are refused: %s', (_, codes, expected) => {
    expect(firstOf({ codes })).toEqual(expected);
  });

  it('can be any text without a product', () => {
    expect(issuesOf({ codes: supplied('ä ö', '😀', 'a'.repeat(256)) })).toEqual([]);
  });

  it('are serials with a product', () => {
    expect(issuesOf({ product: PRODUCT, codes: supplied('!"%&\'()*+,-./:;<=>?_') })).toEqual([]);
    expect(firstOf({ product: PRODUCT, codes: supplied('with space') })).toEqual(['ids[0]', 'characters']);
    expect(firstOf({ product: PRODUCT, codes: supplied('a'.repeat(21)) })).toEqual(['ids[0]', 'characters']);
  });
});
