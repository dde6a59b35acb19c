import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../support/apiClient';
import type { AppProcess } from '../support/appProcess';
import type { Backend } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { query } from '../support/sql';
import { type Stack, type StackOptions, startApps } from '../support/stack';
import { until } from '../support/until';

/**
 * After the loss of a worker: its lock runs out in 10 s, the next look for that comes within 5 s, or the sweep
 * finds the slice in 20 s. The rest is the work itself.
 */
export const RECOVERY_MS = 60_000;

export const QUANTITY = 300_000;

/** A stack that a test does harm to, and one product to make codes for. */
export class Scene {
  private constructor(
    readonly backend: Backend,
    readonly stack: Stack,
    readonly api: ApiClient,
    readonly product: string,
  ) {}

  static async open(
    backend: Backend,
    options: Pick<StackOptions, 'apis' | 'workers' | 'environment'>,
  ): Promise<Scene> {
    try {
      const stack = await startApps({ ...backend, ...options });
      const api = new ApiClient(stack.url, stack.adminToken);
      return new Scene(backend, stack, api, await api.addProduct('09312345551927'));
    } catch (error) {
      await backend.stop();
      throw error;
    }
  }

  runningWorkers(): AppProcess[] {
    return this.stack.processes.filter((one) => one.name.startsWith('worker') && one.isRunning());
  }

  async created(): Promise<number> {
    const [row] = await this.query<{ created: number }>(
      'SELECT coalesce(sum(quantity_created), 0)::int AS created FROM batch',
    );
    return row?.created ?? 0;
  }

  async untilCreated(least: number): Promise<void> {
    await until(`${least} codes are made`, RECOVERY_MS, async () => (await this.created()) >= least);
  }

  /** Waits until every accepted job has ended, then checks all that is stored. */
  async expectAllComplete(jobs: number, codes: number): Promise<void> {
    await this.untilAllComplete();
    const totals = { jobs, orders: 0, codes, distinctCodes: codes };
    expect(await checkDatabase(this.backend.connectionString)).toEqual(totals);
  }

  /** Waits until every accepted job, order and event has ended well. */
  async untilAllComplete(): Promise<void> {
    const rest = `SELECT b.id::text, b.status, b.error_message FROM batch b
                   LEFT JOIN adi_order o ON o.batch_id = b.id
                   WHERE b.status NOT IN ('complete', 'cancelled') AND (b.pool_id IS NOT NULL OR o.id IS NOT NULL)
                   UNION ALL SELECT id, status, error_message FROM adi_order_event WHERE status <> 'complete'`;
    const isDone = async () => (await this.query(rest)).length === 0;
    await until('all is complete', RECOVERY_MS, isDone, 200).catch(async (error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(await this.query(`${rest} LIMIT 5`))}`);
    });
  }

  query<Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return query<Row>(this.backend.connectionString, text, values);
  }

  async close(): Promise<void> {
    await this.stack.stop();
    await this.backend.stop();
  }
}

/** So many moments of a job, by the codes made until then, in their order. */
export function randomMoments(count: number, quantity: number): number[] {
  const moments = Array.from({ length: count }, () => Math.floor(Math.random() * 0.9 * quantity));
  return moments.sort((a, b) => a - b);
}

export function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Some milliseconds, at most so many. */
export function randomPause(mostMs: number): Promise<void> {
  return sleep(Math.random() * mostMs);
}
