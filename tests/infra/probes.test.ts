import { migrate } from '@codemint/db';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';
import { type Container, manifest, workloads } from './manifests';

const METRICS_TOKEN = 'the-token-of-prometheus';
const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
type ProbeName = (typeof PROBES)[number];

let postgres: OwnPostgres;
let stack: Stack;
beforeAll(async () => {
  postgres = await startOwnPostgres();
  await migrate(postgres.connectionString);
  stack = await startApps({
    connectionString: postgres.connectionString,
    environment: { WORKER_HEALTH_PORT: '0', METRICS_TOKEN },
  });
});
afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

/** Where the pods' ports are on this machine. */
function address(port: string): string {
  if (port === 'http') return stack.url;
  const worker = stack.processes.find(({ name }) => name === 'worker-1');
  const found = /"port":(\d+),"msg":"health checks/.exec(worker?.log() ?? '')?.[1];
  if (port !== 'health' || found === undefined) throw new Error(`no port ${port}`);
  return `http://127.0.0.1:${found}`;
}

/** Name of the container and status of each of its probes. */
async function statuses(probe: ProbeName): Promise<Record<string, number>> {
  const served = workloads().filter(({ container }) => container.ports !== undefined);
  const asked = served.map(async ({ container }) => [container.name, await ask(container, probe)] as const);
  return Object.fromEntries(await Promise.all(asked));
}

async function ask(container: Container, probe: ProbeName): Promise<number> {
  const { httpGet } = container[probe];
  const response = await fetch(address(httpGet.port) + httpGet.path, { signal: AbortSignal.timeout(5_000) });
  await response.body?.cancel();
  return response.status;
}

test.each(PROBES)('each %s answers', async (probe) => {
  expect(await statuses(probe)).toEqual({ api: 200, worker: 200 });
});

test('while the database is away pods are not ready, but live', async () => {
  await postgres.crash();
  expect(await statuses('readinessProbe')).toEqual({ api: 503, worker: 503 });
  expect(await statuses('livenessProbe')).toEqual({ api: 200, worker: 200 });
  await postgres.restart();
  await until('ready again', 20_000, async () => {
    const found = await statuses('readinessProbe');
    return found.api === 200 && found.worker === 200;
  });
});

test('the autoscaler asks for a metric that the monitored pods tell', async () => {
  const { query } = manifest('ScaledObject', 'codemint-worker').spec.triggers[0].metadata as {
    query: string;
  };
  const metrics = query.match(/codemint_\w+/g) ?? [];
  expect(metrics).toHaveLength(1);
  for (const name of ['codemint-api', 'codemint-worker']) {
    const [{ port, path, authorization }] = manifest('PodMonitor', name).spec.podMetricsEndpoints;
    expect(authorization?.credentials.key).toBe(name === 'codemint-api' ? 'METRICS_TOKEN' : undefined);
    const headers = authorization && { authorization: `Bearer ${METRICS_TOKEN}` };
    const response = await fetch(address(port) + path, { headers });
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(new RegExp(`^${metrics[0]} \\d`, 'm'));
  }
});
