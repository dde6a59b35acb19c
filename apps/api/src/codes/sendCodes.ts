import type { Response } from 'express';
import { type Answer, written } from '../http/route';
import type { RowFormat } from '../items/export/rowFormat';
import { primed, sendParts } from './sendParts';

/** JSON in the envelope. */
export function listFormat(meta: Record<string, number> | undefined): RowFormat {
  const head = meta === undefined ? '{"data":[' : `{"meta":${JSON.stringify(meta)},"data":[`;
  return {
    head,
    separator: ',',
    tail: ']}',
    empty: `${head}]}`,
    isVerbatim: true,
    row: (item) => JSON.stringify(item),
  };
}

/** Sends a list of that format while its parts are made. */
export async function sendList(response: Response, parts: AsyncGenerator<Buffer | string>): Promise<Answer> {
  const started = await primed(parts);
  response.set({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
  if (response.req.method === 'HEAD') response.end();
  else await sendParts(response, started, false);
  return written;
}
