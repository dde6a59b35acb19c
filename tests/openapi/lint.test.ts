import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describeRoutes } from '../../apps/api/src/docs/openapi';
import { routes } from '../../apps/api/src/routes';

/** What the linter's recommended rules ask for that does not fit, by rule and operation. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // Nothing about these can be wrong: they take no token and no parameter.
  'operation-4xx-response': [
    '/server/ping get',
    '/server/health get',
    '/server/info get',
    '/openapi.json get',
  ],
  // A short link leads elsewhere, and that is all it does.
  'operation-2xx-response': ['/r/{domain}/{shortId} get'],
};

test('the description follows the recommended rules', async () => {
  const source = JSON.stringify(describeRoutes(routes, 'https://codes.codemint.test'));
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source, absoluteRef: '/openapi.json', config });
  const found = problems.map(({ ruleId, message, location: [place] }) => ({
    ruleId,
    place: placeOf(place?.pointer ?? ''),
    message,
  }));
  expect(found.filter(({ ruleId, place }) => !ALLOWED[ruleId]?.includes(place))).toEqual([]);
  // What is allowed and does not happen any more is allowed no longer.
  const allowed = Object.entries(ALLOWED).flatMap(([ruleId, places]) =>
    places.map((place) => `${ruleId} ${place}`),
  );
  expect(found.map(({ ruleId, place }) => `${ruleId} ${place}`).sort()).toEqual(allowed.sort());
});

/** From `#/paths/~1server~1ping/get/responses` to `/server/ping get`; a pointer to elsewhere as it is. */
function placeOf(pointer: string): string {
  const [, path, method] = /^#\/paths\/([^/]+)\/([^/]+)/.exec(pointer) ?? [];
  return path === undefined ? pointer : `${path.replaceAll('~1', '/').replaceAll('~0', '~')} ${method}`;
}
