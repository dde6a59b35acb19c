import { randomBytes } from 'node:crypto';
import threads, { Worker } from 'node:worker_threads';
import {
  CHARACTER_SETS,
  makeChunk,
  makeSsccChunk,
  PoolCipher,
  type PoolDescriptor,
  PoolKeyError,
} from '@codemint/shared';
import { until } from '../../../tests/support/until';
import { Generator } from '../dist/generator/generator';
import type { ChunkOrder, ThreadPool } from '../dist/generator/messages';

const key = randomBytes(32);

function poolOf(id: bigint, fields: Partial<PoolDescriptor> = {}): { pool: ThreadPool; cipher: PoolCipher } {
  const descriptor: PoolDescriptor = {
    namespaceKind: 'sgtin',
    namespaceKey: '09312345551927',
    prefix: '',
    alphabet: CHARACTER_SETS.alphanumeric,
    length: 6,
    suffix: '',
    keyVersion: 1,
    algorithm: 'ff1-aes256-1',
    ...fields,
  };
  const cipher = new PoolCipher(key, descriptor);
  return { pool: { ...descriptor, id, checkValue: cipher.checkValue() }, cipher };
}

function orderOf(pool: ThreadPool | undefined, fields: Partial<ChunkOrder> = {}): ChunkOrder {
  return { pool, siblings: [], firstIndex: 0n, span: 1000, registered: [], ...fields };
}

describe('the generator', () => {
  let generator: Generator;
  afterEach(() => generator.close());

  test('makes in its threads what makeChunk makes', async () => {
    generator = new Generator(new Map([[1, key]]), 2);
    const own = poolOf(1n, { alphabet: CHARACTER_SETS.numeric });
    const sibling = poolOf(2n, { alphabet: CHARACTER_SETS['GS1-36w'] });
    // Enough of the sibling is given out to meet some of these.
    const nextIndex = 2_000_000_000;
    const request = { span: 1000, registered: [3, 1500, 9999] };
    const chunks = await Promise.all(
      [0, 1000, 2000].map((first) =>
        generator.make(
          orderOf(own.pool, {
            ...request,
            firstIndex: BigInt(first),
            siblings: [{ pool: sibling.pool, nextIndex }],
          }),
        ),
      ),
    );
    let skipped = 0;
    for (const [i, chunk] of chunks.entries()) {
      const siblings = [{ cipher: sibling.cipher, nextIndex }];
      const expected = makeChunk({ cipher: own.cipher, firstIndex: i * 1000, siblings, ...request });
      expect(Buffer.from(chunk.codes).equals(expected.codes)).toBe(true);
      expect(chunk).toMatchObject({
        count: expected.count,
        width: 6,
        skipped: expected.skipped.map(BigInt),
      });
      skipped += expected.skipped.length;
    }
    expect(skipped).toBeGreaterThan(2);
  });

  test('makes serials that fit SGTIN-96, beside those of digits alone', async () => {
    generator = new Generator(new Map([[1, key]]), 1);
    const own = poolOf(1n, { alphabet: CHARACTER_SETS.numeric, algorithm: 'ff1-aes256-sgtin96-1' });
    const sibling = poolOf(2n, { alphabet: CHARACTER_SETS.numeric });
    const nextIndex = 300_000;
    const made = await generator.make(orderOf(own.pool, { siblings: [{ pool: sibling.pool, nextIndex }] }));
    const expected = makeChunk({
      cipher: own.cipher,
      firstIndex: 0,
      span: 1000,
      siblings: [{ cipher: sibling.cipher, nextIndex }],
      registered: [],
    });
    expect(Buffer.from(made.codes).equals(expected.codes)).toBe(true);
    expect(expected.skipped.length).toBeGreaterThan(200);
  });

  test('makes SSCCs, for which it needs no key', async () => {
    generator = new Generator(new Map([[1, key]]), 1);
    const chunk = await generator.make(orderOf(undefined, { firstIndex: 9_312_345_000_000_00n, span: 20 }));
    const expected = makeSsccChunk(9_312_345_000_000_00n, 20, []);
    expect(Buffer.from(chunk.codes).toString()).toBe(expected.codes.toString());
    expect(chunk).toMatchObject({ count: 20, width: 18, skipped: [] });
  });

  test.each([
    ['missing', 2, /^Master key version 2 is missing from CODEMINT_MASTER_KEYS/],
    [
      'another one than before',
      1,
      /^Master key version 1 does not make the codes that pool 5 was opened with/,
    ],
  ])('a key that is %s is a PoolKeyError, and the thread goes on', async (_what, keyVersion, message) => {
    generator = new Generator(new Map([[1, randomBytes(32)]]), 1);
    const failure = await generator.make(orderOf(poolOf(5n, { keyVersion }).pool)).catch((error) => error);
    expect(failure).toBeInstanceOf(PoolKeyError);
    expect(failure.message).toMatch(message);
    expect((await generator.make(orderOf(undefined))).count).toBe(1000);
  });

  test('what cannot be made is an error of its own', async () => {
    generator = new Generator(new Map([[1, key]]), 1);
    const { pool } = poolOf(1n, { alphabet: CHARACTER_SETS.numeric });
    await expect(generator.make(orderOf(pool, { firstIndex: 999_999n }))).rejects.toThrow(
      'The pool has no 1000 codes from index 999999',
    );
  });

  test('a thread that dies fails its order and is replaced', async () => {
    const made = watchThreads();
    try {
      generator = new Generator(new Map([[1, key]]), 1);
      const { pool, cipher } = poolOf(1n);
      const lost = generator.make(orderOf(pool, { span: 10_000 })).catch((error) => error);
      const waiting = generator.make(orderOf(pool));
      await made.threads[0]?.terminate();
      expect(await lost).toMatchObject({ message: 'a generator thread ended' });
      expect(Buffer.from((await waiting).codes).equals(cipher.encode(0, 1000))).toBe(true);
      expect(made.threads).toHaveLength(2);
      await until('the first thread is gone', 5000, () => made.threads[0]?.threadId === -1);
    } finally {
      made.stop();
    }
  });

  test('closed, it fails what waits and takes nothing more', async () => {
    generator = new Generator(new Map([[1, key]]), 1);
    const orders = [1, 2, 3].map(() => generator.make(orderOf(poolOf(1n).pool)).catch((error) => error));
    await generator.close();
    for (const outcome of await Promise.all(orders)) expect(outcome).toBeInstanceOf(Error);
    await expect(generator.make(orderOf(undefined))).rejects.toThrow('the generator is closed');
  });
});

/** Sees the threads that are started; they are real ones. */
function watchThreads(): { threads: Worker[]; stop(): void } {
  const started: Worker[] = [];
  class Watched extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      started.push(this);
    }
  }
  threads.Worker = Watched;
  return {
    threads: started,
    stop: () => {
      threads.Worker = Worker;
    },
  };
}
