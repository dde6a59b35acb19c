import { normaliseGln, normaliseGrai, normaliseSscc } from '../src/gs1/keys';
import { issueOf } from './epcSupport';

test('an SSCC has 18 digits with a check digit', () => {
  expect(normaliseSscc('sscc', '106141412345678908')).toBe('106141412345678908');
  expect(issueOf(() => normaliseSscc('sscc', '106141412345678907'))).toMatchObject({
    field: 'sscc',
    rule: 'check_digit',
    valid: '106141412345678908',
  });
  expect(issueOf(() => normaliseSscc('sscc', '10614141234567890')).rule).toBe('regex');
});

/** TDS 2.3, sections 7.2.2 and E.3. */
test('a GLN has 13 digits with a check digit', () => {
  expect(normaliseGln('gln', '9526567890126')).toBe('9526567890126');
  expect(normaliseGln('gln', '9521141123454')).toBe('9521141123454');
  expect(issueOf(() => normaliseGln('gln', '9521141123455'))).toMatchObject({
    field: 'gln',
    rule: 'check_digit',
    valid: '9521141123454',
  });
  expect(issueOf(() => normaliseGln('gln', '09521141123454')).rule).toBe('regex');
});

test('a GRAI has a zero, an asset type with a check digit and a serial that may be empty', () => {
  for (const grai of ['0952114112345432a/b', '09521141123454', '09521141123454ABCDEFGHIJKLMNOP']) {
    expect(normaliseGrai('grai', grai)).toBe(grai);
  }
  expect(issueOf(() => normaliseGrai('grai', '0952114112345532a/b'))).toMatchObject({
    field: 'grai',
    rule: 'check_digit',
    valid: '9521141123454',
  });
  for (const text of [
    '9521141123454',
    '19521141123454',
    '09521141123454A#',
    '09521141123454ABCDEFGHIJKLMNOPQ',
  ]) {
    expect(issueOf(() => normaliseGrai('grai', text)).rule).toBe('regex');
  }
});
