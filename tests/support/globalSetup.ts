import { TestServerKeeper } from './testServer';

/** Jest's way from the setup to the teardown. */
export interface KeeperHolder {
  codemintTestServer?: TestServerKeeper;
}

export default async function setup(): Promise<void> {
  const keeper = await TestServerKeeper.open();
  (globalThis as KeeperHolder).codemintTestServer = keeper;
  // An interrupted run skips the teardown.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void keeper.close().finally(() => process.kill(process.pid, signal)));
  }
}
