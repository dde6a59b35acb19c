import { spawnSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';
import { SETTING_NAMES } from '@codemint/shared';
import {
  isKustomization,
  type Kustomization,
  k8sFiles,
  type Labels,
  manifest,
  manifests,
  parseInfra,
  readInfra,
  variables,
  workloads,
} from './manifests';

const ROOT = join(__dirname, '..', '..');
/** Node's own. */
const FOREIGN = new Set(['NODE_ENV']);

/** Which of the names is no setting. */
function unknown(names: Iterable<string>): string[] {
  return [...names].filter((name) => !SETTING_NAMES.includes(name) && !FOREIGN.has(name));
}

const base = () => variables(readInfra('k8s/base/settings.env'));

describe('the Kubernetes manifests', () => {
  test('are all listed by the kustomization of their folder, and all that it lists is there', () => {
    const files = k8sFiles();
    const listed = files.filter(isKustomization).flatMap((file) => {
      const [{ resources = [], components = [], configMapGenerator = [] }] = parseInfra<Kustomization>(
        file,
      ) as [Kustomization];
      const own = [...resources, ...configMapGenerator.flatMap(({ envs = [] }) => envs)];
      const folders = [...resources, ...components].filter((path) => path.startsWith('..'));
      expect(folders.filter((path) => !files.includes(place(file, `${path}/kustomization.yaml`)))).toEqual(
        [],
      );
      return own.filter((path) => !path.startsWith('..')).map((path) => place(file, path));
    });
    const expected = files.filter((file) => !isKustomization(file) && !file.includes('.example.'));
    expect(listed.sort()).toEqual(expected);
  });

  test('are of no namespace, so that an overlay names it', () => {
    expect(manifests().filter(({ metadata }) => 'namespace' in metadata)).toEqual([]);
  });

  test('name settings only', () => {
    expect(unknown(base().keys())).toEqual([]);
    expect(unknown(Object.keys(manifest('Secret', 'codemint-secrets').stringData ?? {}))).toEqual([]);
    const [{ configMapGenerator = [] }] = parseInfra<Kustomization>('k8s/example/kustomization.yaml') as [
      Kustomization,
    ];
    const merged = configMapGenerator.flatMap(({ literals = [] }) => literals.join('\n'));
    expect(merged.flatMap((lines) => unknown(variables(lines).keys()))).toEqual([]);
    for (const { container } of workloads())
      expect(unknown((container.env ?? []).map(({ name }) => name))).toEqual([]);
  });

  test('select pods that there are', () => {
    const selectors: [string, Labels][] = manifests().flatMap(({ kind, metadata, spec }) => {
      const found = kind === 'Service' ? spec.selector : (spec?.selector ?? spec?.podSelector)?.matchLabels;
      return found === undefined ? [] : [[`${kind} ${metadata.name}`, found] as [string, Labels]];
    });
    expect(selectors.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'Deployment codemint-api', 'Deployment codemint-worker', 'Service codemint-api',
        'PodDisruptionBudget codemint-api', 'PodDisruptionBudget codemint-worker', 'PodMonitor codemint-worker',
      ]), // biome-ignore format: one kind a line
    );
    const pods = workloads().map(({ labels }) => labels);
    const selects = (selector: Labels) =>
      pods.some((labels) => Object.entries(selector).every(([name, value]) => labels[name] === value));
    expect(selectors.filter(([, selector]) => !selects(selector))).toEqual([]);
    const { spec } = manifest('ScaledObject', 'codemint-worker');
    expect(manifest('Deployment', spec.scaleTargetRef.name)).toBeDefined();
  });

  test('disruptions leave some of each', () => {
    for (const name of ['codemint-api', 'codemint-worker']) {
      const { replicas } = manifest('Deployment', name).spec;
      expect(replicas).toBeGreaterThan(manifest('PodDisruptionBudget', name).spec.maxUnavailable);
    }
  });

  test('ports are those of the settings', () => {
    const ports = workloads().flatMap(({ container }) => container.ports ?? []);
    expect(ports.map(({ name, containerPort }) => [name, String(containerPort)]).sort()).toEqual([
      ['health', base().get('WORKER_HEALTH_PORT')],
      ['http', base().get('PORT')],
    ]);
  });

  test('pods may do nothing that they need not', () => {
    for (const { manifest, container } of workloads()) {
      expect(manifest.spec.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000 },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
  });

  test('run commands that the image has', () => {
    const commands = workloads().flatMap(({ container: { command, lifecycle } }) =>
      [command, lifecycle?.preStop.exec.command].filter((one) => one !== undefined),
    );
    expect(commands).toEqual(expect.arrayContaining([['codemint', 'migrate']]));
    expect(readInfra('Dockerfile')).toContain('COPY infra/codemint /usr/local/bin/codemint\n');
    const program = /^exec node \/app\/(\S+) "\$@"$/m.exec(readInfra('codemint'))?.[1] as string;
    for (const [name, ...parameters] of commands) {
      // Of the base image.
      if (name === 'sleep') continue;
      expect(name).toBe('codemint');
      const { status } = spawnSync(process.execPath, [join(ROOT, program), ...parameters, '--help']);
      expect(status).toBe(0);
    }
  });
});

describe('the images and the composition', () => {
  test('the Dockerfile names settings only', () => {
    const lines = readInfra('Dockerfile').matchAll(/^ENV (.+)$/gm);
    const names = [...lines].flatMap(([, line = '']) =>
      line.split(' ').map((pair) => pair.split('=')[0] as string),
    );
    expect(unknown(names.filter((name) => name !== 'CI'))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['HOST', 'PORT', 'WORKER_HEALTH_PORT']));
  });

  test('the composition gives its services settings only, from variables that the example has', () => {
    type Composition = { services: Record<string, { image: string; environment?: Record<string, string> }> };
    const [{ services }] = parseInfra<Composition>('compose.yaml') as [Composition];
    const ours = Object.values(services).filter(({ image }) => image.startsWith('codemint-'));
    expect(ours).toHaveLength(3);
    for (const { environment = {} } of ours) {
      expect(Object.keys(environment)).toContain('CODEMINT_MASTER_KEYS');
      expect(unknown(Object.keys(environment))).toEqual([]);
    }
    const wanted = [...readInfra('compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name as string);
    const example = variables(readInfra('example.env'));
    expect(wanted.filter((name) => !example.has(name))).toEqual([]);
    expect([...example.keys()].filter((name) => !wanted.includes(name))).toEqual([]);
  });
});

/** A path that a file names, from infra. */
function place(file: string, path: string): string {
  return normalize(join(dirname(file), path));
}
