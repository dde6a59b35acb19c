import type { IncomingMessage } from 'node:http';

/** How slowly a body may come: an import over a thin line takes hours, a byte a minute is an attack. */
export interface BodyPace {
  /** So long it may be slower, or stand still. */
  patienceMs: number;
  bytesPerSecond: number;
}

/** Of the patience; so much later it may be noticed that it is at its end. */
const CHECKS = 6;

/**
 * Watches the pace at which a body comes in until all of it is there, though the answer may be out before. Time in which
 * the service did not read what had come is not held against the client.
 */
export function watchBody(
  request: IncomingMessage,
  { patienceMs, bytesPerSecond }: BodyPace,
  onSlow: () => void,
): void {
  const { socket, headers } = request;
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0)) return;
  let leftMs = patienceMs;
  let seenMs = performance.now();
  let seenBytes = socket.bytesRead;
  const timer = setInterval(() => {
    if (request.complete) return clearInterval(timer);
    const elapsedMs = performance.now() - seenMs;
    const earnedMs = ((socket.bytesRead - seenBytes) / bytesPerSecond) * 1_000;
    seenMs += elapsedMs;
    seenBytes = socket.bytesRead;
    // What has come and nobody has read yet.
    if (request.readableLength > 0) return;
    leftMs = Math.min(leftMs + earnedMs - elapsedMs, patienceMs);
    if (leftMs > 0) return;
    clearInterval(timer);
    onSlow();
  }, patienceMs / CHECKS);
  request.once('close', () => clearInterval(timer));
}
