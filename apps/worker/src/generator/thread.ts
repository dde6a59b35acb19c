import { parentPort, workerData } from 'node:worker_threads';
import { KeyRing, makeChunk, makeSsccChunk, PoolKeyError, SSCC_WIDTH } from '@codemint/shared/generation';
import type { ChunkOrder, MadeChunk, ThreadAnswer } from './messages';

// Entry of a generator thread: takes one order at a time and gives the chunk's memory away with the answer.
const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker thread');
const ring = new KeyRing(workerData as ReadonlyMap<number, Uint8Array>);

port.on('message', (order: ChunkOrder) => {
  const answer = attempt(order);
  port.postMessage(answer, 'chunk' in answer ? [answer.chunk.codes.buffer as ArrayBuffer] : []);
});

function attempt(order: ChunkOrder): ThreadAnswer {
  try {
    return { chunk: make(order) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { failure: { isKeyError: error instanceof PoolKeyError, message } };
  }
}

function make({ pool, siblings, firstIndex, span, registered, spare }: ChunkOrder): MadeChunk {
  if (pool === undefined) {
    return { ...makeSsccChunk(firstIndex, span, registered.map(BigInt)), width: SSCC_WIDTH };
  }
  const cipher = ring.cipher(pool);
  const chunk = makeChunk({
    cipher,
    firstIndex: Number(firstIndex),
    span,
    siblings: siblings.map((sibling) => ({
      cipher: ring.cipher(sibling.pool),
      nextIndex: sibling.nextIndex,
    })),
    registered,
    spare,
  });
  return { ...chunk, skipped: chunk.skipped.map(BigInt), width: cipher.width };
}
