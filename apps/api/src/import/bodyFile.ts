import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ImportFormat } from '@codemint/db';
import { InvalidPayloadError } from '@codemint/shared';
import type { Request } from 'express';

/** Of the file, packed and unpacked. */
const MAX_BYTES = 256 * 1024 * 1024;

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

export const CONTENT_TYPES = Object.keys(FORMATS);

/** @throws InvalidPayloadError for a content type that is none of ours */
export function bodyFormat(http: Request): ImportFormat {
  const type = http.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
  if (format !== undefined) return format;
  throw new InvalidPayloadError(`The content type has to be one of ${CONTENT_TYPES.join(', ')}`);
}

/**
 * The body as it comes in, unpacked. Whatever becomes of it, the connection stays, so that an answer can be sent. It
 * fails with InvalidPayloadError when it is too large, broken or cut off.
 */
export function bodyFile(http: Request): Readable {
  const encoding = http.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  const packed = limited(http.iterator({ destroyOnReturn: false }));
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new InvalidPayloadError(`unsupported content encoding "${encoding}"`);
  }
  return Readable.from(encoding === 'gzip' ? limited(unpacked(packed)) : packed, { objectMode: false });
}

async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // What it fails with comes out below.
  pipeline(packed, gunzip).catch(() => undefined);
  yield* gunzip;
}

async function* limited(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const part of parts) {
      size += part.length;
      if (size > MAX_BYTES) throw new InvalidPayloadError('request entity too large');
      yield part;
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code.startsWith('Z_')) throw new InvalidPayloadError('The body is no whole gzip file');
    if (code === 'ECONNRESET') throw new InvalidPayloadError('request aborted');
    throw error;
  }
}
