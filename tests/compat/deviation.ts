import { Fits } from './compare';
import type { RecordedCase, RecordedResponse } from './recording';
import type { World } from './world';

/** One way in which this server answers otherwise than the recorded one, on purpose. */
export interface Deviation {
  name: string;
  /** What decides it. */
  reason: string;
  /**
   * Our answer to a request if the rule speaks of it, else undefined. A rule that makes a difference to what later
   * requests read notes it in the world.
   */
  ours(recorded: RecordedCase, world: World): RecordedResponse | undefined;
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** One entry in the envelope with this code and any message that says something. */
export function refusal(status: number, code: string): RecordedResponse {
  const isRefusal = (got: unknown) => {
    const [only, ...more] = entriesOf(got);
    return more.length === 0 && only?.extensions?.code === code && isText(only.message);
  };
  return { status, headers: JSON_TYPE, body: { errors: new Fits(`one error ${code}`, isRefusal) } };
}

/** FAILED_VALIDATION of whatever fields. */
export function someFieldRefusal(): RecordedResponse {
  const test = (got: unknown) => entriesOf(got).length > 0 && entriesOf(got).every(isFieldEntry);
  return { status: 400, headers: JSON_TYPE, body: { errors: new Fits('errors FAILED_VALIDATION', test) } };
}

/** A field that is refused, and the place of its item in a list. */
export interface RefusedField {
  field: string;
  index?: number;
}

/** FAILED_VALIDATION with one entry for each of these fields and for no other. */
export function fieldRefusal(fields: readonly RefusedField[]): RecordedResponse {
  const wanted = fields.map(({ field, index }) => [index ?? [], field].flat().join(' ')).sort();
  const test = (got: unknown) => {
    const entries = entriesOf(got);
    const found = entries.map(({ extensions }) =>
      [extensions?.path ?? [], extensions?.field].flat().join(' '),
    );
    return (
      found.sort().join() === wanted.join() &&
      entries.every(({ message, extensions }) => isText(message) && extensions?.code === 'FAILED_VALIDATION')
    );
  };
  const errors = new Fits(`one error FAILED_VALIDATION for each of: ${wanted.join(', ')}`, test);
  return { status: 400, headers: JSON_TYPE, body: { errors } };
}

interface Entry {
  message?: unknown;
  extensions?: { code?: unknown; field?: unknown; path?: unknown };
}

function entriesOf(errors: unknown): Entry[] {
  return Array.isArray(errors) ? (errors as Entry[]) : [];
}

function isFieldEntry({ message, extensions }: Entry): boolean {
  return isText(message) && extensions?.code === 'FAILED_VALIDATION';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
