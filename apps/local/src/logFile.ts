import { mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_BYTES = 10 * 1024 * 1024;

export interface LogFile {
  path: string;
  /** Open for appending; whoever opened it closes it. */
  descriptor: number;
  /** Size in bytes when it was opened: what is new begins here. */
  startBytes: number;
}

/** Opens `<dataDir>/logs/<name>.log`. One that has grown over 10 MB becomes `<name>.log.old` first. */
export function openLogFile(dataDir: string, name: string): LogFile {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.log`);
  let startBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (startBytes > MAX_BYTES) {
    renameSync(path, `${path}.old`);
    startBytes = 0;
  }
  return { path, descriptor: openSync(path, 'a', 0o600), startBytes };
}
