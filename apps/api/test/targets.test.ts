import { FIRST_ACCOUNT_ID } from '@codemint/db';
import { fillTarget, isTarget } from '../src/redirects/target';
import { type Api, startApi } from './support';

const VALUES = { shortId: 'aB3', evrythngId: 'U5kFh2gRN7hkQdRwXaHrTg4s' };

/** What a browser would run, or open somewhere else than it says. */
const SCRIPTS = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript://example.com/%0aalert(1)',
  'javascript&colon;alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'DATA:text/html;base64,PHNjcmlwdD4=',
  'vbscript:msgbox(1)',
  'VbScRiPt:msgbox(1)',
  'view-source:https://example.com',
  'blob:https://example.com/1',
  'filesystem:https://example.com/1',
  'file:///etc/passwd',
  'ftp://example.com/',
  'mailto:a@example.com',
  '//example.com/',
  '/path',
  'example.com',
  '',
  '{shortId}:alert(1)',
  '{shortId}//example.com',
  'java{shortId}script:alert(1)',
];

test.each(SCRIPTS)('%j is refused when it is written, and leads nowhere', (template) => {
  expect(isTarget(template)).toBe(false);
  expect(fillTarget(template, VALUES)).toBeUndefined();
});

test.each([
  'https://user@example.com/',
  'https://user:password@example.com/',
  'https://www.bank.example@evil.example/',
  'https://{shortId}@example.com/',
  'https://{shortId}.example.com/',
  'https://{shortId}/',
  'https://example.com/\r\nset-cookie: a=b',
  'ht\ttps://example.com/',
  'https://example.com/ x',
  'https://example.com/{other}',
])('%j is refused when it is written', (template) => {
  expect(isTarget(template)).toBe(false);
});

test('what a template once held cannot break out of the header that it goes to', () => {
  for (const template of [
    'https://example.com/\r\nset-cookie: a=b',
    'ht\ntps://example.com/\u2028',
    ' https://e.com/\t',
  ]) {
    expect(fillTarget(template, VALUES)).toMatch(/^https:\/\/[!-~]+$/);
  }
});

test.each([
  [
    'https://example.com/p?id={shortId}&t={evrythngId}',
    `https://example.com/p?id=aB3&t=${VALUES.evrythngId}`,
  ],
  ['HTTP://EXAMPLE.com/{shortId}', 'http://example.com/aB3'],
  ['https://example.com/?u=javascript:alert(1)', 'https://example.com/?u=javascript:alert(1)'],
])('%j leads there', (template, target) => {
  expect(isTarget(template)).toBe(true);
  expect(fillTarget(template, VALUES)).toBe(target);
});

test('a short id that is asked for cannot change where it leads', () => {
  const filled = fillTarget('https://example.com/{shortId}', {
    shortId: '@evil.example/\r\nx',
    evrythngId: undefined,
  });
  expect(new URL(filled as string).host).toBe('example.com');
});

describe('the API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  test('refuses them wherever a target is written', async () => {
    const made = await api.post('/items/product', { gtin: '00614141123452' });
    expect(made.status).toBe(200);
    const path = `/items/product/${encodeURIComponent(made.body.data.id)}`;
    for (const url of [...SCRIPTS, 'https://user:password@example.com/']) {
      const product_redirection_url = url;
      const one = await api.post('/items/product', { gtin: '00614141999996', product_redirection_url });
      const changed = await api.request('PATCH', path, { body: { product_redirection_url } });
      const order = await api.request('POST', '/adis/orders', {
        as: 'nobody',
        headers: { authorization: api.tokens.operator },
        body: {
          ids: ['1'],
          purchaseOrder: 'P',
          metadata: {
            identifierKey: 'k',
            customFields: {},
            shortDomain: 'tn.example',
            defaultRedirectUrl: url,
          },
        },
      });
      expect([url, one.status, changed.status, order.status]).toEqual([url, 400, 400, 400]);
    }
  });

  test('has no request that sets the URL of an account', async () => {
    for (const method of ['POST', 'PATCH']) {
      const path = `/items/account${method === 'PATCH' ? `/${FIRST_ACCOUNT_ID}` : ''}`;
      const body = { account_redirection_url: 'javascript:alert(1)' };
      expect((await api.request(method, path, { as: 'admin', body })).status).toBe(403);
    }
  });
});
