import fc from 'fast-check';
import { findFree } from '../src/reservations/freeRuns';

/** Chunks, taken positions and a start, all within a few dozen positions. */
const scene = fc.record({
  gaps: fc.array(fc.record({ before: fc.nat(4), span: fc.integer({ min: 1, max: 9 }) }), { maxLength: 5 }),
  holes: fc.uniqueArray(fc.nat(60)),
  taken: fc.uniqueArray(fc.nat(60)),
  from: fc.nat(50),
  wanted: fc.integer({ min: 1, max: 30 }),
});

test('finds the free codes at the lowest positions, each once, and says where it stopped', () => {
  fc.assert(
    fc.property(scene, ({ gaps, holes, taken, from, wanted }) => {
      let at = 0;
      const chunks = gaps.map(({ before, span }) => {
        const start = at + before;
        at = start + span;
        return {
          from: start,
          to: at,
          holes: holes.filter((hole) => hole >= start && hole < start + span).sort((a, b) => a - b),
        };
      });
      const marked = taken.sort((a, b) => a - b).map((place) => ({ from: place, to: place + 1 }));
      const free = chunks
        .flatMap((chunk) => Array.from({ length: chunk.to - chunk.from }, (_, i) => chunk.from + i))
        .filter((place) => place >= from && !holes.includes(place) && !taken.includes(place));
      const found = findFree(chunks, marked, from, wanted);
      const places = found.runs.flatMap((run) =>
        Array.from({ length: run.to - run.from }, (_, i) => run.from + i),
      );
      expect(places).toEqual(free.slice(0, wanted));
      expect(found.count).toBe(places.length);
      const left = free.filter((place) => place < found.end && !places.includes(place));
      expect(left).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
