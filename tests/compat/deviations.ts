import { type Deviation, fieldRefusal, refusal, someFieldRefusal } from './deviation';
import { isFound, isPattern, isPatternText, meets } from './literal';
import { firstAccount } from './owners';
import { type Condition, conditions, parameter } from './query';
import { isObject, type RecordedCase, type RecordedResponse, type SeedRow } from './recording';
import { translateUsers } from './users';
import { isJobsPath, type World } from './world';
import { accountOf, bodiesOf, changesOf, refusedFields, SYSTEM_FIELDS, sentBody, targetsOf } from './writes';

/** Every way in which this server answers otherwise than the recorded one; the first that speaks of a case decides. */
const DEVIATIONS: readonly Deviation[] = [
  {
    name: "broken values are the caller's fault",
    reason:
      'Where that platform answers 500 (a value that Postgres refuses, a sum on a string) we answer 400.',
    ours: ({ request, response }) => {
      if (response.status !== 500) return undefined;
      return ['POST', 'PATCH'].includes(request.method) ? someFieldRefusal() : refusal(400, 'INVALID_QUERY');
    },
  },
  {
    name: 'a value that does not fit is no valid value',
    reason:
      'Errors are those of the contract: FAILED_VALIDATION, where that platform tells length, range and null apart.',
    ours: ({ response }) => {
      const isOther = /"(VALUE_TOO_LONG|VALUE_OUT_OF_RANGE|NOT_NULL_VIOLATION)"/.test(
        JSON.stringify(response.body),
      );
      return response.status === 400 && isOther ? someFieldRefusal() : undefined;
    },
  },
  {
    name: 'the JSON parser has its own words',
    reason: 'What is wrong with a body that is no JSON is told in the words of the Node that runs.',
    ours: ({ request, response }) => {
      const isBroken =
        request.rawBody !== undefined && / in JSON at |not valid JSON/.test(JSON.stringify(response.body));
      return response.status === 400 && isBroken ? refusal(400, 'INVALID_PAYLOAD') : undefined;
    },
  },
  {
    name: 'wildcards are plain characters',
    reason: '"%" and "_" in a value are plain characters; that platform hands them to LIKE.',
    ours: literalAnswer,
  },
  {
    name: 'a role is a string',
    reason: 'Users have a role admin, operator or reader and no collection of roles: a role has no fields.',
    ours: ({ request, response }) => {
      const asksRole = conditions(request).some(({ path }) => /(^|\.)role\./.test(path));
      return response.status === 200 && asksRole ? refusal(400, 'INVALID_QUERY') : undefined;
    },
  },
  {
    name: 'users have six fields',
    reason: 'users: id, first_name, last_name, email, role, status; a role is the name of one.',
    ours: ({ response }, { seed }) => {
      const body = translateUsers(response.body, seed);
      const isSame = JSON.stringify(body) === JSON.stringify(response.body);
      return response.status !== 200 || isSame ? undefined : { ...response, body };
    },
  },
  {
    name: 'items alone are served',
    reason:
      'Not served: /auth, /fields, /collections, /graphql and what else of that platform is not about items.',
    ours: ({ request, response }) => {
      const isOther = /^\/(auth|fields|collections|graphql|utils|server\/specs)([/?]|$)/.test(request.path);
      return response.status < 300 && isOther ? refusal(404, 'ROUTE_NOT_FOUND') : undefined;
    },
  },
  {
    name: 'a collection is no single item',
    reason: 'A PATCH of a collection says by keys or by a query which items it means.',
    ours: ({ request, response }) => {
      const { method, path, body } = request;
      const isNamed = !isObject(body) || 'keys' in body || 'query' in body;
      const isMeant = method === 'PATCH' && /^\/items\/\w+(\?|$)/.test(path) && response.status < 300;
      return isMeant && !isNamed ? refusal(400, 'INVALID_PAYLOAD') : undefined;
    },
  },
  {
    name: 'a job that was refused is not there',
    reason: 'What this server refuses to make has no id to be read, changed or deleted by.',
    ours: ({ request, response }, world) => {
      const isGone = targetsOf(request).some((id) => !world.has(id));
      return response.status < 300 && isGone ? refusal(403, 'FORBIDDEN') : undefined;
    },
  },
  {
    name: 'a job that cannot make codes is refused',
    reason:
      'No product, no quantity, a limit passed, a wrong type or character set, a nested object, another account ' +
      'than that of the product: 400 FAILED_VALIDATION, one entry a field.',
    ours: refusedCreation,
  },
  {
    name: 'a new job has its account and its start',
    reason:
      'A job takes its account from its product or domain, else its first account, and shows the serial it starts at.',
    ours: completedCreation,
  },
  {
    name: 'a job says what is true',
    reason:
      'System fields in a PATCH are accepted and keep the value of the server; of the others only reference_id changes.',
    ours: truthfulChange,
  },
  {
    name: 'what was decided before shows later',
    reason: 'Jobs that an earlier step left otherwise than that platform read as they are here.',
    ours: (recorded, world) => world.translate(recorded),
  },
];

/** The rule that speaks of a case, and our answer by it. */
export function findDeviation(
  recorded: RecordedCase,
  world: World,
): { deviation: Deviation; ours: RecordedResponse } | undefined {
  for (const deviation of DEVIATIONS) {
    const ours = deviation.ours(recorded, world);
    if (ours !== undefined) return { deviation, ours };
  }
  return undefined;
}

/** Lists of jobs in the order of ids are held against what the seed's jobs say. */
function literalAnswer({ request, response }: RecordedCase, { seed }: World): RecordedResponse | undefined {
  const asked = conditions(request);
  const search = parameter(request, 'search');
  const isAsked = isPatternText(search) || asked.some(isPattern);
  if (!isAsked || !isJobsPath(request.path) || !isObject(response.body)) return undefined;
  // Nothing but the one pattern, or the seed alone would not tell.
  if (asked.length + (search === undefined ? 0 : 1) > 1) return undefined;
  const fields = String(parameter(request, 'fields') ?? '')
    .split(',')
    .filter((field) => field !== '');
  const limit = Number(parameter(request, 'limit') ?? -1);
  const matches = (seed.identifier_job ?? []).filter((job) =>
    isPatternText(search) ? isFound(job, search) : meets(job, asked[0] as Condition),
  );
  const data = matches
    .slice(0, limit === -1 ? undefined : limit)
    .map((job) => (fields.length === 0 ? job : Object.fromEntries(fields.map((name) => [name, job[name]]))));
  return { ...response, body: { ...response.body, data } };
}

function refusedCreation(recorded: RecordedCase, world: World): RecordedResponse | undefined {
  if (!isWrite(recorded, 'POST')) return undefined;
  const body = sentBody(recorded.request);
  const bodies = bodiesOf(body);
  const refused = bodies.flatMap((one, index) =>
    refusedFields(one, world.seed).map((field) => (Array.isArray(body) ? { field, index } : { field })),
  );
  if (refused.length === 0 && bodies.length > 0) return undefined;
  for (const { id } of itemsOf(recorded)) world.wasNotMade(String(id));
  return bodies.length > 0 ? fieldRefusal(refused) : refusal(400, 'INVALID_PAYLOAD');
}

function completedCreation(recorded: RecordedCase, world: World): RecordedResponse | undefined {
  if (!isWrite(recorded, 'POST')) return undefined;
  for (const item of itemsOf(recorded)) {
    world.wasMade(item);
    world.hasOtherwise(String(item.id), {
      ...(item.account === null && { account: accountOf(item, world.seed) ?? firstAccount(world.seed) }),
      ...(item.type === 'sscc' && item.sscc_extension_digit === null && { sscc_extension_digit: 0 }),
    });
  }
  return world.translate(recorded);
}

function truthfulChange(recorded: RecordedCase, world: World): RecordedResponse | undefined {
  if (!isWrite(recorded, 'PATCH')) return undefined;
  const changes = changesOf(
    recorded.request,
    itemsOf(recorded).map(({ id }) => String(id)),
  );
  const refused = changes.flatMap(({ id, values }, index) => {
    const job = world.job(id) ?? {};
    const isRefused = (field: string) => !CHANGING.has(field) && field in job && values[field] !== job[field];
    return Object.keys(values)
      .filter(isRefused)
      .map((field) => (changes.length > 1 ? { field, index } : { field }));
  });
  for (const { id, values } of changes) {
    const job = world.job(id) ?? {};
    const fields = [...Object.keys(values), ...AUDIT];
    const kept = fields.filter((field) => refused.length > 0 || KEPT.has(field));
    world.agreesOn(id, fields);
    world.hasOtherwise(id, Object.fromEntries(kept.map((field) => [field, job[field]])));
  }
  return refused.length > 0 ? fieldRefusal(refused) : world.translate(recorded);
}

const AUDIT = ['user_updated', 'date_updated'];
const CHANGING = new Set(['id', 'reference_id', ...SYSTEM_FIELDS]);
/** Who changed a job and when is noted on both sides. */
const KEPT = new Set([...SYSTEM_FIELDS].filter((field) => !AUDIT.includes(field)));

/** A write to the jobs that the recorded server has done. */
function isWrite({ request, response }: RecordedCase, method: string): boolean {
  return request.method === method && isJobsPath(request.path) && response.status === 200;
}

/** The items of an answer with ids, one or many. */
function itemsOf({ response }: RecordedCase): SeedRow[] {
  const data = isObject(response.body) ? response.body.data : undefined;
  return (Array.isArray(data) ? data : [data]).filter(
    (item) => isObject(item) && typeof item.id === 'string',
  );
}
