import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './apiClient';

const POLL_MS = 1_000;

export interface JobProgress {
  status: string;
  quantity: number;
  created: number;
}

/**
 * Yields a job's progress as the API reports it, until the job is complete or has failed. If the stream ends before
 * that, the job itself is read once a second.
 */
export async function* followJob(
  api: ApiClient,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<JobProgress> {
  const path = `/items/identifier_job/${id}`;
  const response = await api.request(`${path}/progress`, { headers: { accept: 'text/event-stream' } });
  if (response.ok && response.body !== null) {
    for await (const data of eventData(response.body)) {
      const progress = JSON.parse(data) as JobProgress;
      yield progress;
      if (isDone(progress)) return;
    }
  }
  for (;;) {
    const job = (await api.get(path)) as {
      status: string;
      quantity: number;
      quantity_created: number | null;
    };
    const progress = { status: job.status, quantity: job.quantity, created: job.quantity_created ?? 0 };
    yield progress;
    if (isDone(progress)) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function isDone({ status }: JobProgress): boolean {
  return status === 'complete' || status === 'error';
}

/** The data of each event of a server-sent event stream; a connection that breaks ends it like any other end. */
async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/);
      rest = events.pop() ?? '';
      for (const event of events) {
        const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
        if (lines.length > 0) yield lines.map((line) => line.slice(5).trimStart()).join('\n');
      }
    }
  } catch {
    // Whoever follows the job goes on in another way.
  }
}
