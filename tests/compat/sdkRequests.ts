import { Fits } from './compare';
import { refusal } from './deviation';
import { isObject, type RecordedResponse, type SdkRequest, type Seed, type Unit } from './recording';

/** Each request that the SDK sends, to items that are there, with an answer that the SDK can use. */
export function sdkUnits(requests: readonly SdkRequest[], seed: Seed): Unit[] {
  const user = Object.entries(seed.users).find(([, { role }]) => role === 'admin')?.[0] ?? 'none';
  const usualToken = requests.find(({ headers }) => headers.authorization)?.headers.authorization;
  return requests.map((sent) => {
    const { call: name, method, headers } = sent;
    const { authorization } = headers;
    const isKnown = authorization === undefined || authorization === usualToken;
    const auth = authorization === undefined ? 'none' : isKnown ? user : 'token:of-nobody';
    const request = { method, path: withKeys(sent.url, seed), auth, body: withKeys(sent.body, seed) };
    const response = isKnown ? usableAnswer(sent) : refusal(401, 'INVALID_CREDENTIALS');
    return { title: 'SDK requests', cases: [{ name, request, response }] };
  });
}

/** The SDK takes `data` out of the envelope of items and users; of the server's own routes it takes all. */
function usableAnswer({ method, url }: SdkRequest): RecordedResponse {
  if (method === 'DELETE') return { status: 204, text: '' };
  if (url === '/server/ping') return { status: 200, text: 'pong' };
  const isEnveloped = /^\/(items|users)\//.test(url);
  const isUsable = (got: unknown) =>
    isObject(got) && (!isEnveloped || isObject(got.data) || Array.isArray(got.data));
  return { status: 200, body: new Fits(isEnveloped ? 'an object with data' : 'an object', isUsable) };
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

/** The same with ids of the seed's jobs, each list of keys with different ones. */
function withKeys<Part>(part: Part, seed: Seed): Part {
  const ids = (seed.identifier_job ?? []).map(({ id }) => String(id));
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(UUID, ids[0] ?? '');
    if (Array.isArray(value)) {
      return value.map((one, i) => (isObject(one) && 'id' in one ? { ...one, id: ids[i] } : replace(one)));
    }
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === 'keys' && Array.isArray(one) ? ids.slice(0, one.length) : replace(one),
      ]),
    );
  };
  return replace(part) as Part;
}
