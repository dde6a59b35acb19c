import { KeyRing } from '@codemint/shared';
import { isSigned, type LinkTarget, linkExpiry, linkSigner } from '../src/adis/files/signedLinks';

const ring = new KeyRing(
  new Map([
    [1, Buffer.alloc(32, 1)],
    [2, Buffer.alloc(32, 2)],
  ]),
);
const TARGET: LinkTarget = {
  accountId: 'f1b2c3d4-e5f6-7890-1234-567890abcdef',
  orderId: 'U5kFh2gRN7hkQdRwXaHrTg4s',
  file: 'identifiers.csv',
  expires: 1_900_000_000,
};
const signature = linkSigner(ring, 2)(TARGET);

test('a link holds for what it was signed for', () => {
  expect(signature).toMatch(/^[\w-]{43}$/);
  expect(isSigned(ring, [], TARGET, signature)).toBe(true);
});

test.each<[string, Partial<LinkTarget>]>([
  ['account', { accountId: '0a0b0c0d-1111-4222-8333-444455556666' }],
  ['order', { orderId: 'U5kFh2gRN7hkQdRwXaHrTg4t' }],
  ['file', { file: 'identifiers.txt' }],
  ['time', { expires: 1_900_000_001 }],
])('it does not hold for another %s', (_, other) => {
  expect(isSigned(ring, [], { ...TARGET, ...other }, signature)).toBe(false);
});

test('parts of it cannot be moved from one to the other', () => {
  const moved = { ...TARGET, accountId: `${TARGET.accountId}","${TARGET.orderId}`, orderId: '' };
  expect(isSigned(ring, [], moved, signature)).toBe(false);
});

test('any other signature does not hold', () => {
  for (let at = 0; at < signature.length; at++) {
    const other = signature[at] === 'A' ? 'B' : 'A';
    const changed = signature.slice(0, at) + other + signature.slice(at + 1);
    expect([at, isSigned(ring, [], TARGET, changed)]).toEqual([at, false]);
  }
  for (const wrong of ['', 'x', `${signature}=`, ` ${signature}`, signature.slice(1), `${signature}A`]) {
    expect(isSigned(ring, [], TARGET, wrong)).toBe(false);
  }
});

test('one under a retired or unknown master key does not hold', () => {
  expect(isSigned(ring, [2], TARGET, signature)).toBe(false);
  expect(isSigned(new KeyRing(new Map([[2, Buffer.alloc(32, 3)]])), [], TARGET, signature)).toBe(false);
  expect(isSigned(ring, [1], TARGET, signature)).toBe(true);
});

test('a link ends after half an hour', () => {
  expect(linkExpiry(1_000_000)).toBe(1_000 + 30 * 60);
});
