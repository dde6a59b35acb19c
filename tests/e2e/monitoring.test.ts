import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { ApiClient } from '../support/apiClient';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { query } from '../support/sql';
import { type Stack, startApps } from '../support/stack';
import { until } from '../support/until';

interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook_url: string };
}

interface Panel {
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const read = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');
const rules = load(read('infra/prometheus/alerts.yml')) as { groups: { rules: Alert[] }[] };
const alerts = rules.groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('infra/grafana/codemint.json')) as { panels: Panel[] };
const expressions = [
  ...alerts.map(({ alert, expr }) => ({ of: alert, expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: title, expr }))),
];

const page = read('docs/operations.md');
/** Those about alerts. */
const sections = (/^## Alerts$(.*?)^## /ms.exec(page)?.[1] ?? '')
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ title: text.slice(0, text.indexOf('\n')), text }));

/** What a scrape shows: the labels of each metric, by its name. */
type Exposed = Map<string, Set<string>>;

/** Labels that Prometheus adds. */
const ADDED_LABELS = ['job', 'instance'];

function exposedIn(...texts: string[]): Exposed {
  const exposed: Exposed = new Map();
  const note = (name: string, labels: string[]) =>
    exposed.set(name, new Set([...(exposed.get(name) ?? ADDED_LABELS), ...labels]));
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    // A metric that has no value yet shows by its type alone.
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined && type !== 'histogram') note(typed, []);
    const [, name, labels = ''] = /^([a-z_]\w*)(?:\{(.*)\})? \S+$/i.exec(line) ?? [];
    if (name !== undefined)
      note(
        name,
        [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label as string),
      );
  }
  return exposed;
}

/** Metrics that an expression reads, with the labels that it chooses by. */
function readBy(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:codemint|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name, labels = '']) => ({
      name: name as string,
      labels: [...labels.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label as string),
    }),
  );
}

/** Statements of the operations page, with something in place of what its reader puts in. */
function statementsOf(text: string): string[] {
  return [...text.matchAll(/-c "([^"]+)"/g)].map(([, sql]) =>
    (sql as string).replace('NAMESPACE', '1').replace('PID', '0'),
  );
}

/** The anchor that a heading has where the page is shown. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

describe('what watches the service, against real processes,', () => {
  let database: TestDatabase;
  let stack: Stack;
  let exposed: Exposed;
  beforeAll(async () => {
    database = await createTestDatabase();
    stack = await startApps({ ...database, environment: { WORKER_HEALTH_PORT: '0' } });
    const api = new ApiClient(stack.url, stack.adminToken);
    const product = await api.addProduct('09312345551927');
    await api.untilComplete((await api.post({ product, quantity: 10 })).id);
    const worker = stack.processes.find(({ name }) => name === 'worker-1');
    const [, port] = await until(
      'the worker tells its port',
      10_000,
      () => /"port":(\d+),"msg":"health checks/.exec(worker?.log() ?? '') ?? undefined,
    );
    const [ofApi, ofWorker] = await Promise.all([
      api.request('/metrics').then((answer) => answer.text()),
      fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text()),
    ]);
    exposed = exposedIn(ofApi, ofWorker);
  });
  afterAll(async () => {
    await stack?.stop();
    await database?.drop();
  });

  test('reads metrics and labels that API and worker have', () => {
    const read = expressions.flatMap(({ of, expr }) => readBy(expr).map((metric) => ({ of, ...metric })));
    expect(read.length).toBeGreaterThan(40);
    const unknown = read.filter(({ name, labels }) => {
      const known = exposed.get(name);
      return known === undefined || labels.some((label) => !known.has(label));
    });
    expect(unknown).toEqual([]);
  });

  test('has statements on the operations page that the database understands', async () => {
    const statements = statementsOf(page);
    expect(statements.length).toBeGreaterThan(10);
    for (const sql of statements) await query(database.connectionString, sql);
  });

  test('looks at everything that the service itself measures', () => {
    const read = new Set(expressions.flatMap(({ expr }) => readBy(expr).map(({ name }) => name)));
    const isRead = (name: string) =>
      read.has(name) || read.has(name.replace(/_(bucket|sum|count)$/, '_bucket'));
    const unseen = [...exposed.keys()].filter((name) => name.startsWith('codemint_') && !isRead(name));
    expect(unseen).toEqual([]);
  });
});

describe('what watches the service', () => {
  test('has a section of the operations page for each alert, and an alert for each section', () => {
    expect(alerts.map(({ annotations }) => annotations.runbook_url)).toEqual(
      sections.map(({ title }) => `docs/operations.md#${anchorOf(title)}`),
    );
    for (const { text } of sections) {
      expect(text).toContain('**What it means.**');
      expect(text).toContain('**First command.**');
      expect(text).toMatch(/\*\*Wake( someone)?\*\*/);
    }
  });

  test('has rules that are whole, and panels side by side', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { labels, annotations } of alerts) {
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
    }
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test('leads nowhere on the operations page that is not there', () => {
    const anchors = [...page.matchAll(/^##+ (.+)$/gm)].map(([, title]) => anchorOf(title as string));
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor as string))).toEqual([]);
  });
});
