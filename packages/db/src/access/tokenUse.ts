import type { Pool } from 'pg';

const MINUTE_MS = 60_000;

/** Tokens of which is kept when they were noted; when there are more, all are noted anew. */
const MOST_KEPT = 10_000;

/**
 * Notes when tokens are used, to the minute: of all processes about one a minute writes it. Nobody waits for it, and
 * what cannot be written is left out.
 */
export class TokenUse {
  /** By token id, in terms of `performance.now()`. */
  readonly #notedMs = new Map<string, number>();

  constructor(private readonly client: Pick<Pool, 'query'>) {}

  note(tokenId: string): void {
    const nowMs = performance.now();
    const notedMs = this.#notedMs.get(tokenId);
    if (notedMs !== undefined && nowMs - notedMs < MINUTE_MS) return;
    if (this.#notedMs.size >= MOST_KEPT) this.#notedMs.clear();
    this.#notedMs.set(tokenId, nowMs);
    void this.client
      .query({
        name: 'note-token-use',
        text: `UPDATE access_token SET last_used = now()
                WHERE id = $1 AND (last_used IS NULL OR last_used < now() - interval '1 minute')`,
        values: [tokenId],
      })
      .catch(() => undefined);
  }
}
