import { isObject, type RecordedResponse } from './recording';
import type { Answer } from './send';

export interface Difference {
  /** `status`, `headers.allow`, `body.data[0].id`. */
  path: string;
  expected: unknown;
  got: unknown;
}

/** Ids and times that stand for one another: what the recorded server made, and what this one made instead. */
export class Twins {
  #twins: ReadonlyMap<string, string> = new Map();
  #known: string;

  /** @param seedText whatever stands in it was made by no server */
  constructor(seedText: string) {
    this.#known = seedText;
  }

  /** A recorded request with this server's ids for those of the recorded one; what is new in it no server has made. */
  translate<Sent extends object>(request: Sent): Sent {
    const text = JSON.stringify(request);
    this.#known += text;
    return JSON.parse(text.replace(UUIDS, (id) => this.#twins.get(id) ?? id)) as Sent;
  }

  /** Whether a recorded id or time was made by that server while it was recorded. */
  isMade(recorded: string): boolean {
    return this.#twins.has(recorded) || !this.#known.includes(recorded);
  }

  /** Whether the two may stand for one another; if so they do from now on. */
  pair(recorded: string, got: string): boolean {
    const twin = this.#twins.get(recorded);
    if (twin !== undefined) return twin === got;
    if (!this.isMade(recorded) || shapeOf(recorded) !== shapeOf(got) || !isFresh(got)) return false;
    // A time is now, and now goes by: only ids stay what they are.
    if (UUID.test(recorded)) this.#twins = new Map(this.#twins).set(recorded, got);
    return true;
  }

  /** Forgets what was paired meanwhile if `attempt` is false. */
  try(attempt: () => boolean): boolean {
    const before = this.#twins;
    if (attempt()) return true;
    this.#twins = before;
    return false;
  }
}

const UUIDS = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;
const UUID = new RegExp(`^${UUIDS.source}$`, 'i');
/** Ids, times, and the time in the name of an exported file. */
const MADE = new RegExp(
  `(${UUIDS.source}|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z|\\d{8}-\\d{6})`,
  'i',
);
const NOW_WITHIN_MS = 10 * 60_000;

function shapeOf(text: string): string {
  return text.replace(/[0-9a-f]/gi, '0');
}

/** Any id may have been made just now, a time only if it is of now. */
function isFresh(text: string): boolean {
  if (UUID.test(text)) return true;
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z');
  return Math.abs(Date.now() - Date.parse(iso)) < NOW_WITHIN_MS;
}

/** Stands in an expected answer for every value that passes the test. */
export class Fits {
  constructor(
    readonly what: string,
    readonly test: (got: unknown) => boolean,
  ) {}

  /** As reports show it. */
  toJSON(): string {
    return `<${this.what}>`;
  }
}

/** In what an answer differs from a recorded one; headers that were not recorded do not matter. */
export function compareAnswers(recorded: RecordedResponse, got: Answer, twins: Twins): Difference[] {
  const differences: Difference[] = [];
  if (recorded.status !== got.status) {
    differences.push({ path: 'status', expected: recorded.status, got: got.status });
  }
  for (const [name, value] of Object.entries(recorded.headers ?? {})) {
    differences.push(...compareValues(`headers.${name}`, value, got.headers[name.toLowerCase()], twins));
  }
  return [...differences, ...compareBodies(recorded, got.text, twins)];
}

function compareBodies({ body, text }: RecordedResponse, got: string, twins: Twins): Difference[] {
  if (body === undefined || body === null) return compareValues('text', text ?? '', got, twins);
  try {
    return compareValues('body', body, JSON.parse(got), twins);
  } catch {
    return [{ path: 'body', expected: body, got }];
  }
}

function compareValues(path: string, expected: unknown, got: unknown, twins: Twins): Difference[] {
  if (expected instanceof Fits) return expected.test(got) ? [] : [{ path, expected, got }];
  if (Array.isArray(expected) && Array.isArray(got)) return compareLists(path, expected, got, twins);
  if (isObject(expected) && isObject(got)) return compareObjects(path, expected, got, twins);
  const isSame =
    typeof expected === 'string' && typeof got === 'string'
      ? twins.try(() => matchTexts(expected, got, twins))
      : Object.is(expected, got);
  return isSame ? [] : [{ path, expected, got }];
}

function compareObjects(
  path: string,
  expected: Record<string, unknown>,
  got: Record<string, unknown>,
  twins: Twins,
): Difference[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names].flatMap((name) => compareValues(`${path}.${name}`, expected[name], got[name], twins));
}

/** Items that the server made stand in the order of their ids, which is any. */
function compareLists(path: string, expected: unknown[], got: unknown[], twins: Twins): Difference[] {
  if (expected.length === got.length && expected.some((item) => hasMadeId(item, twins))) {
    const left = [...got];
    const isFound = (item: unknown) => {
      const at = left.findIndex((one) => twins.try(() => compareValues(path, item, one, twins).length === 0));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    };
    if (twins.try(() => expected.every(isFound))) return [];
  }
  const length = Math.max(expected.length, got.length);
  return Array.from({ length }, (_, i) => compareValues(`${path}[${i}]`, expected[i], got[i], twins)).flat();
}

function hasMadeId(item: unknown, twins: Twins): boolean {
  return (JSON.stringify(item)?.match(UUIDS) ?? []).some((id) => twins.isMade(id));
}

function matchTexts(expected: string, got: string, twins: Twins): boolean {
  if (expected === got) return true;
  // Ids and times stand at the odd places.
  const [parts, gotParts] = [expected.split(MADE), got.split(MADE)];
  return (
    parts.length === gotParts.length &&
    parts.every((part, i) => {
      const gotPart = gotParts[i] as string;
      return part === gotPart || (i % 2 === 1 && twins.pair(part, gotPart));
    })
  );
}
