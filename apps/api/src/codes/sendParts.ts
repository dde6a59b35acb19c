import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import type { Response } from 'express';

/** Random codes hardly compress, links do at any level: the higher ones only cost time. */
const GZIP_OPTIONS = { level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 };

/** Of an answer that is sent in parts: a fixed number each, so what is above is a leak. */
const MOST_LISTENERS = 20;

/**
 * Makes the first part now and the others when they are asked for: what fails at the start fails here, while the
 * answer can still be an error.
 */
export async function primed<Part>(parts: AsyncGenerator<Part>): Promise<AsyncGenerator<Part>> {
  const first = await parts.next();
  return (async function* () {
    try {
      for (let part = first; !part.done; part = await parts.next()) yield part.value;
    } finally {
      await parts.return(undefined);
    }
  })();
}

/**
 * Writes the body part by part, no faster than the caller reads. When he goes away, no more parts are made.
 * @throws what making a part throws: half of the answer is out then, so the connection has to break
 */
export async function sendParts(
  response: Response,
  parts: AsyncGenerator<Buffer | string>,
  gzip: boolean,
): Promise<void> {
  const source = Readable.from(parts);
  // With those of the log, the limits, the metrics and the graceful end, a pipeline's come to more than Node's ten.
  response.setMaxListeners(MOST_LISTENERS);
  try {
    if (gzip) await pipeline(source, createGzip(GZIP_OPTIONS), response);
    else await pipeline(source, response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
