import type { KeeperHolder } from './globalSetup';

export default async function teardown(): Promise<void> {
  await (globalThis as KeeperHolder).codemintTestServer?.close();
}
