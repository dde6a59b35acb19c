import { ValidationError } from '../src/errors';
import { productPath } from '../src/gs1/digitalLink';
import { normaliseAssetType, normaliseCompanyPrefix, normaliseGtin, parseProductKey } from '../src/gs1/keys';

/** The one issue of the ValidationError that `act` throws. */
function issueOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof ValidationError && error.issues.length === 1) return error.issues[0];
    throw error;
  }
  throw new Error('Nothing was thrown');
}

describe('GTIN', () => {
  test.each([
    ['02345673', '00000002345673'],
    ['416000336108', '00416000336108'],
    ['1234567890128', '01234567890128'],
    ['12345678901231', '12345678901231'],
  ])('%s is %s', (given, gtin) => {
    expect(normaliseGtin('gtin', given)).toBe(gtin);
  });

  test('a wrong check digit names the field and the right digit', () => {
    const issue = issueOf(() => normaliseGtin('gtin', '09312345551928'));
    expect(issue).toMatchObject({ field: 'gtin', rule: 'check_digit', valid: '09312345551927' });
    expect(issue?.message).toContain('"7"');
  });

  test.each([
    '',
    '1',
    '1234567',
    '123456789',
    '12345678901',
    '123456789012345',
    '0931234555192x',
    ' 02345673',
  ])('"%s" is none', (given) => {
    expect(issueOf(() => normaliseGtin('gtin', given))).toMatchObject({ field: 'gtin', rule: 'regex' });
  });
});

describe('GRAI asset type', () => {
  test('has 13 digits with a check digit', () => {
    expect(normaliseAssetType('id', '0614141123452')).toBe('0614141123452');
    expect(issueOf(() => normaliseAssetType('id', '0614141123453'))?.valid).toBe('0614141123452');
    expect(issueOf(() => normaliseAssetType('id', '00614141123452'))?.rule).toBe('regex');
  });
});

describe('company prefix', () => {
  test.each(['0614', '0614141', '123456789012'])('%s is one', (prefix) => {
    expect(normaliseCompanyPrefix('sscc_company_prefix', prefix)).toBe(prefix);
  });

  test.each(['', '061', '1234567890123', '0614-141', '06 141'])('"%s" is none', (prefix) => {
    expect(issueOf(() => normaliseCompanyPrefix('sscc_company_prefix', prefix))).toMatchObject({
      field: 'sscc_company_prefix',
      rule: 'regex',
    });
  });
});

describe('product key', () => {
  test.each([
    ['/01/09312345551927', { kind: 'sgtin', key: '09312345551927' }],
    ['/8003/00614141123452', { kind: 'grai', key: '0614141123452' }],
  ] as const)('%s', (id, key) => {
    expect(parseProductKey(id)).toEqual(key);
    expect(productPath(key)).toBe(id);
  });

  test.each([
    '',
    '09312345551927',
    '/01/9312345551927',
    '/01/09312345551927/',
    '/01/09312345551927/21/A',
    '/8003/10614141123452',
    '/8003/0614141123452',
    'https://id.gs1.org/01/09312345551927',
  ])('"%s" is none', (id) => {
    expect(parseProductKey(id)).toBeNull();
  });

  test('a wrong check digit is named', () => {
    expect(issueOf(() => parseProductKey('/01/09312345551928', 'product'))).toMatchObject({
      field: 'product',
      rule: 'check_digit',
      valid: '09312345551927',
    });
    expect(issueOf(() => parseProductKey('/8003/00614141123453'))?.field).toBe('id');
  });
});
