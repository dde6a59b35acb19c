import { once } from 'node:events';
import type { Request, Response } from 'express';
import { type Answer, noContent, written } from '../http/route';
import type { ProgressHub } from './progressHub';
import type { Progress, Watched } from './progressReader';

/** Shorter than the idle limit of common proxies. */
const HEARTBEAT_MS = 15_000;

/** Id of the last event. A browser that reconnects sends it back; the answer 204 tells it to stay away. */
const LAST_EVENT_ID = 'end';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx and its like collect answers unless told not to.
  'x-accel-buffering': 'no',
};

/** Sends the progress of something as server-sent events until nothing will change any more or the caller goes away. */
export async function sendProgress(
  hub: ProgressHub,
  watched: Watched,
  http: Request,
  response: Response,
): Promise<Answer> {
  if (http.headers['last-event-id'] === LAST_EVENT_ID) return noContent;
  response.set(HEADERS).flushHeaders();
  if (http.method === 'HEAD') {
    response.end();
    return written;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const heartbeat = setInterval(() => writeIfRead(response, ': still here\n\n'), HEARTBEAT_MS);
  try {
    for await (const progress of hub.watch(watched, gone.signal)) {
      if (!response.write(eventText(progress, watched.isFinal(progress))))
        await once(response, 'drain', { signal: gone.signal });
    }
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
  return written;
}

/** Nothing is heaped up for a caller who does not read. */
function writeIfRead(response: Response, text: string): void {
  if (!response.writableNeedDrain) response.write(text);
}

/** The last state comes once more as the event `end`: `EventSource` cannot see an end of stream. */
function eventText(progress: Progress, isFinal: boolean): string {
  const data = `data: ${JSON.stringify(progress)}\n\n`;
  return isFinal ? `${data}event: end\nid: ${LAST_EVENT_ID}\n${data}` : data;
}
