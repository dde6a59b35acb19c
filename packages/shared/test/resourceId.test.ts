import fc from 'fast-check';
import { isResourceId, KeyRing, type Member, newResourceId, ResourceIds } from '../src';

const key = (byte: number) => Buffer.alloc(32, byte);
const member = fc.record<Member>({
  kind: fc.constantFrom('thng', 'action'),
  owner: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  number: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  keyVersion: fc.constantFrom(1, 2),
});

describe('random ids', () => {
  it('have 24 characters of the alphabet, each time others', () => {
    const ids = Array.from({ length: 1000 }, newResourceId);
    expect(ids.every(isResourceId)).toBe(true);
    expect(new Set(ids).size).toBe(1000);
  });

  it('use every character about equally often', () => {
    const counts = new Map<string, number>();
    for (const character of Array.from({ length: 5000 }, newResourceId).join(''))
      counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(50);
    // 2,400 each on average; ten standard deviations either side.
    expect([...counts.values()].every((count) => count > 1900 && count < 2900)).toBe(true);
  });
});

describe('ids of members', () => {
  const ring = new KeyRing(
    new Map([
      [1, key(1)],
      [2, key(2)],
    ]),
  );
  const ids = new ResourceIds(ring);

  it('lead back to what they were made of', () => {
    fc.assert(
      fc.property(member, (one) => {
        const id = ids.idOf(one);
        expect(isResourceId(id)).toBe(true);
        expect(ids.memberOf(one.kind, id)).toEqual(one);
        expect(ids.memberOf(one.kind === 'thng' ? 'action' : 'thng', id)).toBeUndefined();
      }),
    );
  });

  it('are all different and show no order', () => {
    const made = Array.from({ length: 1000 }, (_, number) =>
      ids.idOf({ kind: 'thng', owner: 7n, number, keyVersion: 1 }),
    );
    expect(new Set(made).size).toBe(1000);
    expect([...made].sort()).not.toEqual(made);
  });

  it.each(['', 'short', 'UNc6n2Bk6GPhh6waRm2mNppb', '9'.repeat(24), `${'a'.repeat(23)}-`])(
    'are not %j',
    (text) => {
      expect(ids.memberOf('thng', text)).toBeUndefined();
    },
  );

  it('of one key say nothing to another', () => {
    const others = new ResourceIds(new KeyRing(new Map([[1, key(9)]])));
    const id = ids.idOf({ kind: 'thng', owner: 7n, number: 3, keyVersion: 1 });
    expect(others.memberOf('thng', id)).toBeUndefined();
  });
});
