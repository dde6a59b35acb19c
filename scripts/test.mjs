// npm test: sets up and runs all tests; arguments go to Jest. The last line counts the single tests.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

await setUp();
const folder = mkdtempSync(join(tmpdir(), 'codemint-test-'));
try {
  process.exitCode = runJest(join(folder, 'results.json'), process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runJest(resultsFile, args) {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const { status } = spawnSync(process.execPath, [jest, '--json', `--outputFile=${resultsFile}`, ...args], {
    cwd: root,
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  const results = readResults(resultsFile);
  if (results === undefined) {
    console.log('Jest gave no results.');
    return status || 1;
  }
  const passed = results.numPassedTests;
  // A file that could not even be loaded counts as one failure.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return status || (failed > 0 ? 1 : 0);
}

function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
