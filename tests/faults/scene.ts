import { ApiClient } from '../support/apiClient';
import type { AppProcess } from '../support/appProcess';
import type { Backend } from '../support/backends';
import { checkDatabase } from '../support/checkDatabase';
import { query } from '../support/sql';
import { type Stack, type StackOptions, startApps } from '../support/stack';
import { until } from '../support/until';
import { untilAllComplete } from '../support/untilAllComplete';

/**
 * After the loss of a worker: its lock runs out in 10 s, the next look for that comes within 5 s, or the sweep
 * finds the slice in 20 s. The rest is the work itself.
 */
export const RECOVERY_MS = 60_000;

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
  untilAllComplete(): Promise<void> {
    return untilAllComplete(this.backend.connectionString, RECOVERY_MS);
  }

  query<Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return query<Row>(this.backend.connectionString, text, values);
  }

  async close(): Promise<void> {
    await this.stack.stop();
    await this.backend.stop();
  }
}
