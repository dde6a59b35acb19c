import { Registry } from 'prom-client';
import { type InstallationSources, observeInstallation } from '../src/metrics/installation';

describe('gauges of the installation', () => {
  const SOURCES: InstallationSources = {
    backlog: async () => ({
      slicesWaiting: 3,
      slicesStarted: 2,
      slicesFailed: 1,
      oldestWaitingSeconds: 0.5,
      batchesInError: 4,
      rulesUnmet: 5,
      isHome: false,
    }),
    fill: async () => ({
      shapes: [{ namespaceId: 1n, poolId: 2n, kind: 'sgtin', length: 8, ratio: 0.25 }],
      databaseBytes: 1024,
    }),
    queueCounts: async (queue) => ({ waiting: queue === 'adi-orders' ? 2 : 0 }),
  };

  const scrape = async (sources: InstallationSources): Promise<string[]> => {
    const registry = new Registry();
    observeInstallation(registry, sources);
    const lines = (await registry.metrics()).split('\n');
    return lines.filter((line) => line !== '' && !line.startsWith('#')).sort();
  };

  test('tell what was read', async () => {
    expect(await scrape(SOURCES)).toEqual([
      'codemint_batches_in_error 4',
      'codemint_database_moved 1',
      'codemint_database_size_bytes 1024',
      'codemint_database_up 1',
      'codemint_oldest_waiting_slice_age_seconds 0.5',
      'codemint_pool_fill_ratio{namespace="1",kind="sgtin",pool="2",length="8"} 0.25',
      'codemint_queue_jobs{queue="adi-events",state="waiting"} 0',
      'codemint_queue_jobs{queue="adi-orders",state="waiting"} 2',
      'codemint_queue_jobs{queue="identifier-jobs",state="waiting"} 0',
      'codemint_queue_up 1',
      'codemint_rules_unmet 5',
      'codemint_slices{state="failed"} 1',
      'codemint_slices{state="started"} 2',
      'codemint_slices{state="waiting"} 3',
    ]);
  });

  test('that cannot be read are left out, not 0', async () => {
    const away = async () => Promise.reject(new Error('away'));
    expect(await scrape({ ...SOURCES, backlog: away, fill: away })).toEqual([
      'codemint_database_up 0',
      'codemint_queue_jobs{queue="adi-events",state="waiting"} 0',
      'codemint_queue_jobs{queue="adi-orders",state="waiting"} 2',
      'codemint_queue_jobs{queue="identifier-jobs",state="waiting"} 0',
      'codemint_queue_up 1',
    ]);
    const withoutQueue = await scrape({ ...SOURCES, queueCounts: away });
    expect(withoutQueue.filter((line) => line.startsWith('codemint_queue'))).toEqual(['codemint_queue_up 0']);
  });
});
