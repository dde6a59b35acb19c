import { besides } from '../src/docs/besides';
import { routes } from '../src/routes';
import { type Api, PRODUCT, startApi, wrongFields } from './support';

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
  const served = [...routes, ...besides]
    .filter(({ method }) => METHODS.includes(method))
    .map(({ method, path }) => `${method} ${path}`);
  expect(described.sort()).toEqual([...served].sort());
  for (const { path } of besides) expect((await api.get(path, 'admin')).status).toBe(200);
});

test('the example of a refusal is one of its own status and dialect', async () => {
  const { paths } = (await api.get('/openapi.json', 'nobody')).body;
  const told = new Set<string>();
  for (const [path, item] of Object.entries<Record<string, Operation>>(paths)) {
    for (const [status, { content }] of Object.values(item).flatMap((one) => Object.entries(one.responses))) {
      const example = content?.['application/json']?.example;
      if (Number(status) < 400 || path.startsWith('/server/')) continue;
      const isAdis = /^\/(adis|thngs|access|operators)/.test(path);
      const envelope = isAdis ? { status: Number(status) } : { errors: [{ message: expect.any(String) }] };
      expect(example).toMatchObject(envelope);
      told.add(JSON.stringify(example));
    }
  }
  expect(told.size).toBeGreaterThan(10);
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
  responses: Record<string, { content?: Record<string, { example?: object }> }>;
  security: object[];
}

test('an item is described with the fields that it has', async () => {
  const { components } = (await api.get('/openapi.json', 'nobody')).body;
  // A plain read has 19 of them; `epc` is answered where it is asked for.
  expect(Object.keys(components.schemas.identifier_job.properties)).toHaveLength(20);
  expect(components.schemas.identifier_job.required).toHaveLength(19);
  expect(components.schemas.identifier_job.required).not.toContain('epc');
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

test('the examples of parameters can be sent as they are', async () => {
  const { paths } = (await api.get('/openapi.json', 'nobody')).body;
  const { parameters } = paths['/capacity'].get;
  const shown = parameters.flatMap((one: { name: string; schema: { example?: string } }) =>
    one.schema.example === undefined ? [] : [[one.name, one.schema.example]],
  );
  const answer = await api.get(`/capacity?${new URLSearchParams(shown)}`);
  expect(answer.body.data).toMatchObject({
    product: '/01/09312345551927',
    character_set: 'numeric',
    guess_chance: { quantity: 100_000 },
  });
});

test('several of a collection are called by their name', async () => {
  const { paths } = (await api.get('/openapi.json', 'nobody')).body;
  expect(paths['/items/issuing_policy'].get.summary).toBe('List issuing policies');
  expect(paths['/items/issuing_policy'].delete.summary).toBe('Delete issuing policies, all or none');
  expect(paths['/items/code_reservation'].patch.summary).toBe('Change code reservations, all or none');
});

test('null is allowed only where it is not refused', async () => {
  const { schemas } = (await api.get('/openapi.json', 'nobody')).body.components;
  const nullable = (name: string) =>
    Object.entries<{ type: unknown }>(schemas[name].properties)
      .filter(([, { type }]) => Array.isArray(type) && type.includes('null'))
      .map(([field]) => field);
  expect(nullable('replenishment_rule_changes')).toEqual([]);
  expect(nullable('issuing_policy_changes')).toEqual(['max_guess_probability', 'company_prefix_length']);
  expect(nullable('code_reservation_changes')).toEqual(['reserved_for', 'reference_id', 'purchase_order']);
  expect(nullable('unique_code_changes')).toEqual([]);
  expect(schemas.replenishment_rule_input.required).toEqual(['minimum', 'target']);
  expect(nullable('replenishment_rule_input')).not.toContain('minimum');
  expect(nullable('replenishment_rule_input')).toContain('status');
  expect(schemas.code_reservation_input.required).toEqual(['quantity']);
  for (const [collection, body] of [
    ['replenishment_rule', { product: PRODUCT, length: 9, minimum: 1, target: 2 }],
    ['code_reservation', { product: PRODUCT, quantity: 1 }],
  ] as const) {
    const path = `/items/${collection}`;
    const required: string[] = schemas[`${collection}_input`].required;
    const nulls = Object.fromEntries(required.map((field) => [field, null]));
    expect(wrongFields(await api.post(path, { ...body, ...nulls }))).toEqual(required.toSorted());
  }
  const allowed = nullable('replenishment_rule_input').filter((field) => field !== 'product');
  const nulls = Object.fromEntries(allowed.map((field) => [field, null]));
  const made = await api.post('/items/replenishment_rule', {
    ...nulls, length: 9, product: PRODUCT, minimum: 1, target: 2,
  }); // biome-ignore format: on a line
  expect(made.status).toBe(200);
});

test('examples of many items at once can be sent as they are, with keys that are there', async () => {
  const { paths } = (await api.get('/openapi.json', 'nobody')).body;
  const exampleOf = (path: string, method: string) =>
    paths[path][method].requestBody.content['application/json'].schema.example;
  const send = (method: string, path: string, body: object, as?: 'stranger') =>
    api.request(method, path, { as, body: { ...exampleOf(path, method.toLowerCase()), ...body } });
  const paged = Object.keys(paths).filter((path) => paths[path].patch && !path.endsWith('{id}'));
  expect(paged).toContain('/items/unique_code');
  for (const path of paged) {
    for (const method of ['PATCH', 'DELETE']) {
      if (paths[path][method.toLowerCase()] === undefined) continue;
      // He has no such item: nothing else is wrong.
      const { status } = await send(method, path, {}, 'stranger');
      expect([method, path, status]).toEqual([method, path, 403]);
    }
  }
  const path = '/items/domain';
  const { id } = (await api.post(path, { domain_name: 'examples.example' })).body.data;
  expect((await send('PATCH', path, { keys: [id] })).status).toBe(200);
  expect((await send('DELETE', path, { keys: [id] })).status).toBe(204);
});

test('what a product or domain takes along is told', async () => {
  const { paths } = (await api.get('/openapi.json', 'nobody')).body;
  for (const path of ['/items/product', '/items/product/{id}', '/items/domain', '/items/domain/{id}']) {
    expect(paths[path].delete.description).toContain('replenishment rules');
  }
});

test('the example of a verification can be sent as it is', async () => {
  const { example } = (await api.get('/openapi.json', 'nobody')).body.components.schemas.verification;
  const { status, body } = await api.post('/verify', example);
  expect(status).toBe(200);
  expect(body.data).toEqual(example.codes.map((code: string) => ({ code, issued: false })));
});

test('the example of a body can be sent as it is', async () => {
  const { components } = (await api.get('/openapi.json', 'nobody')).body;
  const exampleOf = (name: string) => components.schemas[name].example;
  for (const collection of ['issuing_policy', 'replenishment_rule', 'identifier_job']) {
    const made = await api.post(`/items/${collection}`, exampleOf(`${collection}_input`));
    expect([collection, made.status]).toEqual([collection, 200]);
    const path = `/items/${collection}/${made.body.data.id}`;
    const changed = await api.request('PATCH', path, { body: exampleOf(`${collection}_changes`) });
    expect([collection, changed.status]).toEqual([collection, 200]);
  }
  // Of the codes there are none yet: everything else about the body is right.
  const reserved = await api.post('/items/code_reservation', exampleOf('code_reservation_input'));
  expect(wrongFields(reserved)).toEqual(['quantity']);
  expect(Object.keys(components.schemas.code_reservation_changes.properties)).toEqual([
    'reserved_for', 'reference_id', 'purchase_order', 'export_type',
  ]); // biome-ignore format: a list of names
});
