import type { KeeperHolder } from './globalSetup';

export default async function teardown(): Promise<void> {
  setTimeout(()=>console.log([...((globalThis as any).__live.entries())].filter(([t])=>t.hasRef()).map(e=>e[1]).join('\n')),300).unref();await (globalThis as KeeperHolder).codemintTestServer?.close();
}
