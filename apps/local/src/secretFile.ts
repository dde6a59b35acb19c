import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Writes a file of mode 0600 so that a reader finds the old content or the new, never a part. */
export function writePrivateFile(path: string, content: string): void {
  const descriptor = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}

/** The secret kept in the file; made, and kept with mode 0600, the first time. */
export function keepSecret(path: string, make: () => string): string {
  const kept = readIfThere(path)?.trim();
  if (kept) return kept;
  const made = make();
  writePrivateFile(path, `${made}\n`);
  return made;
}

/** The content of a text file; undefined if there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
