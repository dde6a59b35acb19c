import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const OPEN = `
  const { openTracing } = require(process.argv[1]);
  openTracing({ endpoint: undefined, serviceName: 'test', log: console })
    .then((tracing) => tracing.span('work', {}, async () => 'done'))
    .then((result) => console.log(JSON.stringify([result, Object.keys(require.cache)])));
`;

// Its interfaces alone come with the library of the metrics.
test('without an endpoint nothing of the SDK of OpenTelemetry is loaded', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '-e',
    OPEN,
    join(__dirname, '..', 'dist', 'index.js'),
  ]);
  const [result, loaded] = JSON.parse(stdout) as [string, string[]];
  expect(result).toBe('done');
  expect(loaded.length).toBeGreaterThan(0);
  expect(loaded.filter((path) => /@opentelemetry\/(?!api\/)|bullmq/.test(path))).toEqual([]);
});
