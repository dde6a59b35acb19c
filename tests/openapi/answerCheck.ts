import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** The parts of a description that say what may be answered. */
interface Document {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema?: object }> }> }>
  >;
}

/** What was asked for and what came of it. */
export interface Exchange {
  method: string;
  /** Path and query as they were sent. */
  target: string;
  status: number;
  /** The header, if there is one. */
  contentType: string | null;
  /** It repeats the answer to another request of the same key, whose parameters are not known here. */
  isReplayed?: boolean;
  /** Text of the body; undefined where only the rest is to be checked. */
  body?: string;
}

/** Parameters that make other items of a list's than plain ones. */
const SHAPING = /[?&](fields|alias|deep|aggregate|groupBy|export)(=|%5B|\[)/i;

/** Checks answers by the API's own description. Schemas are compiled when they are needed, each once. */
export class AnswerCheck {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, validateSchema: false, allowUnionTypes: true });
  readonly #templates: { template: string; pattern: RegExp; literals: number }[];
  readonly #compiled = new Map<string, ValidateFunction>();

  /** @param document an OpenAPI 3.1 description */
  constructor(document: object) {
    this.#document = document as Document;
    addFormats(this.#ajv);
    this.#ajv.addSchema(document, 'any');
    this.#ajv.addSchema(withoutShaped(document) as object, 'plain');
    this.#templates = Object.keys(this.#document.paths)
      .map((template) => ({
        template,
        pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`, 'i'),
        literals: template.split('/').filter((part) => !part.startsWith('{')).length,
      }))
      .sort((a, b) => b.literals - a.literals);
  }

  /** @throws Error that says what is not as it is described. Of what is not described at all nothing may be served. */
  require(exchange: Exchange): void {
    const fault = this.#faultOf(exchange);
    if (fault === undefined) return;
    const { method, target, status, body = '' } = exchange;
    throw new Error(`${method} ${target} answered ${status}: ${fault}\n${body.slice(0, 1_000)}`);
  }

  #faultOf({ method, target, status, contentType, isReplayed, body }: Exchange): string | undefined {
    // Paths are served in any case, and with a slash behind them.
    const path = target.replace(/\?.*$/s, '').replace(/(.)\/$/, '$1');
    const template = this.#templates.find(({ pattern }) => pattern.test(path))?.template;
    const verb = verbOf(method, path);
    const operation = template === undefined ? undefined : this.#document.paths[template]?.[verb];
    if (template === undefined || operation === undefined) {
      // Pages, short links on hosts of their own and the queues' dashboard are for people.
      const isServed =
        status < 400 && !path.startsWith('/admin/') && essence(contentType ?? '') === 'application/json';
      return isServed ? 'such requests are not described' : undefined;
    }
    const response = operation.responses[status];
    if (response === undefined) return 'this status is not described';
    if (response.content === undefined) return body ? 'a body is not described' : undefined;
    const types = Object.keys(response.content);
    const type = types.find((one) => essence(one) === essence(contentType ?? ''));
    if (type === undefined) return `content type ${contentType} is not described, but ${types.join(', ')}`;
    const schema = response.content[type]?.schema;
    if (
      body === undefined ||
      method === 'HEAD' ||
      schema === undefined ||
      essence(type) !== 'application/json'
    )
      return undefined;
    const root = isReplayed || SHAPING.test(target) || method === 'SEARCH' ? 'any' : 'plain';
    const place = ['paths', template, verb, 'responses', String(status), 'content', type, 'schema'];
    return this.#schemaFault(`${root}#/${place.map(escapePointer).join('/')}`, JSON.parse(body));
  }

  #schemaFault(reference: string, value: unknown): string | undefined {
    const validate = this.#compiled.get(reference) ?? this.#ajv.compile({ $ref: reference });
    this.#compiled.set(reference, validate);
    return validate(value)
      ? undefined
      : this.#ajv.errorsText(validate.errors, { dataVar: 'body', separator: '\n' });
  }
}

/** HEAD comes with GET; SEARCH of items, for which OpenAPI 3.1 has no place, answers what GET answers. */
function verbOf(method: string, path: string): string {
  const isLikeGet = method === 'HEAD' || (method === 'SEARCH' && path.startsWith('/items/'));
  return isLikeGet ? 'get' : method.toLowerCase();
}

function essence(type: string): string {
  return type.replace(/;.*$/s, '').trim().toLowerCase();
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** The description with plain items only, as they are answered where nothing else is asked for. */
function withoutShaped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutShaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const isChoice = name === 'anyOf' && Array.isArray(part) && part.some(isShaped);
      return [name, isChoice ? part.filter((one) => !isShaped(one)).map(withoutShaped) : withoutShaped(part)];
    }),
  );
}

function isShaped(schema: object): boolean {
  return '$ref' in schema && /_shaped$|\/bare_key$/.test(String(schema.$ref));
}
