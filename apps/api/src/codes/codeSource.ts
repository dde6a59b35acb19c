import { type Client, type IssuedCode, readCodes } from '@codemint/db';
import { type CodeJob, countSelectedCodes, type JobSelection, jobsFromOffset } from './codeJob';

/** Some codes of one job, in the order of making. */
export interface CodePage {
  job: CodeJob;
  codes: readonly IssuedCode[];
}

/** Codes that a query selects, in the order of making, which is that of their ids. */
export interface CodeSource {
  count(): Promise<number>;
  /** @param limit at most so many codes; may be Infinity */
  pages(offset: number, limit: number): AsyncGenerator<CodePage>;
}

/** Codes fetched at a time: with more of them a long list is hardly faster but takes much more memory. */
const CODES_AT_ONCE = 2_000;

/** All codes of some jobs; how many are skipped is counted from the jobs' counters, never from codes. */
export function codesOfJobs(client: Client, selection: JobSelection): CodeSource {
  return {
    count: () => countSelectedCodes(client, selection),
    async *pages(offset, limit) {
      let left = limit;
      if (left === 0) return;
      for await (const { job, skip } of jobsFromOffset(client, selection, offset)) {
        for await (const codes of codesOfJob(client, job, skip, left)) {
          yield { job, codes };
          left -= codes.length;
        }
        if (left === 0) return;
      }
    },
  };
}

/** Codes that are known already: few. */
export function knownCodes(pages: readonly CodePage[]): CodeSource {
  return {
    count: async () => pages.reduce((count, { codes }) => count + codes.length, 0),
    async *pages(offset, limit) {
      const single = pages.flatMap(({ job, codes }) => codes.map((code) => ({ job, codes: [code] })));
      yield* single.slice(offset, offset + limit);
    },
  };
}

/**
 * A job that is being made may get codes before those that are read already, which moves all that follow on: what
 * was given is not given again.
 */
async function* codesOfJob(
  client: Client,
  { batchId }: CodeJob,
  skip: number,
  limit: number,
): AsyncGenerator<IssuedCode[]> {
  for (let offset = skip, left = limit, lastPlace = -1; left > 0; ) {
    const wanted = Math.min(left, CODES_AT_ONCE);
    const read = await readCodes(client, batchId, { offset, limit: wanted });
    const codes = read.filter(({ place }) => place > lastPlace);
    yield codes;
    if (read.length < wanted) return;
    offset += read.length;
    left -= codes.length;
    lastPlace = codes.at(-1)?.place ?? lastPlace;
  }
}
