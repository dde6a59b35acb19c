import { routes } from '../src/routes';
import { type Api, startApi } from './support';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const METHODS = ['get', 'post', 'patch', 'delete'];

test('every route is described, and nothing else', async () => {
  const { status, body } = await api.get('/openapi.json', 'nobody');
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.0');
  expect(body.servers).toEqual([{ url: api.url }]);
  const described = Object.entries<object>(body.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  const served = routes
    .filter(({ method }) => METHODS.includes(method))
    .map(({ method, path }) => `${method} ${path}`);
  expect(described.sort()).toEqual([...served].sort());
});

test('the description holds together: references lead somewhere, parameters are those of the paths', async () => {
  const { body, text } = await api.get('/openapi.json', 'nobody');
  for (const [, reference] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    expect(body.components.schemas).toHaveProperty(reference as string);
  }
  for (const [path, item] of Object.entries<Record<string, Operation>>(body.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const operation of Object.values(item)) {
      const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(described.map(({ name, required }) => [name, required])).toEqual(
        inPath.map((name) => [name, true]),
      );
      expect(operation.summary).toEqual(expect.any(String));
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
      for (const scheme of operation.security.flatMap(Object.keys)) {
        expect(body.components.securitySchemes).toHaveProperty(scheme);
      }
    }
  }
});

interface Operation {
  summary: string;
  parameters?: { name: string; in: string; required: boolean }[];
  responses: object;
  security: object[];
}

test('an item is described with the fields that it has', async () => {
  const { components } = (await api.get('/openapi.json', 'nobody')).body;
  expect(Object.keys(components.schemas.identifier_job.properties)).toHaveLength(19);
  expect(components.schemas.identifier_job.properties.type.enum).toEqual([
    'sgtin',
    'sscc',
    'grai',
    'short_code',
  ]);
  expect(Object.keys(components.schemas.identifier_job_input.properties)).not.toContain('status');
});

test('the page at /docs has all that it needs from us', async () => {
  const page = await api.get('/docs', 'nobody');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string);
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) {
    const { pathname, origin } = new URL(link, `${api.url}/docs`);
    expect(origin).toBe(api.url);
    expect((await api.get(pathname, 'nobody')).status).toBe(200);
  }
  expect((await api.get('/docs/package.json', 'nobody')).status).toBe(404);
});
