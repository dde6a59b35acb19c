import type { Description } from './description';
import { hostileText, hostileValue } from './hostile';
import { knownKey, knownValue } from './known';
import type { Random } from './random';

/** Collections that fields lead to, whatever they are fields of. */
const RELATIONS: Readonly<Record<string, string>> = {
  account: 'account', account_id: 'account', product: 'product', domain: 'domain', user_created: 'users', user_updated: 'users', user_id: 'users',
  identifier_job: 'identifier_job', reservation: 'code_reservation', last_job: 'identifier_job', unique_codes: 'unique_code',
}; // biome-ignore format: short
const LISTS: Readonly<Record<string, string>> = { identifier_job: 'unique_codes' };

const COMPARISONS = [
  '_eq', '_neq', '_lt', '_lte', '_gt', '_gte', '_in', '_nin', '_null', '_nnull', '_contains', '_ncontains', '_icontains', '_starts_with',
  '_nstarts_with', '_istarts_with', '_ends_with', '_iends_with', '_between', '_nbetween', '_empty', '_nempty', '_some', '_none', '_regex',
]; // biome-ignore format: a list of names
const FUNCTIONS = ['year', 'month', 'week', 'day', 'weekday', 'hour', 'minute', 'second', 'count', 'sum'];
const AGGREGATES = [
  'count',
  'countDistinct',
  'sum',
  'sumDistinct',
  'avg',
  'avgDistinct',
  'min',
  'max',
  'median',
];
const EXPORTS = ['csv', 'csv_utf8', 'json', 'xml', 'yaml', 'txt', 'ndjson', 'xlsx', 'epcis', 'pdf'];
const VARIABLES = [
  '$NOW',
  '$NOW(-1 day)',
  '$NOW(+3 months)',
  '$CURRENT_USER',
  '$CURRENT_ROLE',
  '$CURRENT_USER.role',
];

/** Makes queries in the language of the collections: mostly well-formed, now and then anything. */
export class ItemsQueryMaker {
  constructor(
    private readonly random: Random,
    private readonly description: Description,
    /** How often a part is not what it should be. */
    private readonly wrongness: number,
  ) {}

  /** Some of a list's parameters, as values of JSON. */
  query(collection: string): Record<string, unknown> {
    const { random } = this;
    const parts: Readonly<Record<string, () => unknown>> = {
      fields: () => this.fields(collection),
      filter: () => this.filter(collection, 0),
      sort: () => random.list(1, 2, () => (random.chance(0.4) ? '-' : '') + this.field(collection)),
      limit: () => random.pick([0, 1, 5, 100, -1, '10']),
      offset: () => random.pick([0, 1, 3, 1_000]),
      page: () => random.pick([1, 2, 50]),
      meta: () => random.pick(['*', 'total_count', 'filter_count', 'total_count,filter_count']),
      search: () => random.pick(['Juice', '7', '0931', random.uuid(), 'a b']),
      aggregate: () => this.aggregate(collection),
      groupBy: () => random.list(1, 2, () => this.field(collection)),
      alias: () => ({ other: this.relation(collection), [this.field(collection)]: 'account' }),
      deep: () => this.deep(collection, 0),
      export: () => random.pick(EXPORTS),
      columns: () =>
        random.list(1, 3, () =>
          random.pick(['code', 'index', 'gtin', 'digital_link', 'epc', 'element_string', 'now']),
        ),
    };
    const wanted = random.some(Object.keys(parts), random.pick([0.05, 0.15, 0.3]));
    return Object.fromEntries(wanted.map((name) => [name, this.orWrong(parts[name]?.())]));
  }

  /** A field, one of a relation, or a function of one. */
  private field(collection: string, depth = 0): string {
    const { random } = this;
    const draw = random.fraction();
    if (draw < this.wrongness) return hostileText(random);
    const relation = this.relation(collection);
    if (draw < 0.2 && depth < 6)
      return `${relation}.${this.field(RELATIONS[relation] ?? collection, depth + 1)}`;
    if (draw < 0.33)
      return `${random.pick(FUNCTIONS)}(${random.pick(['date_created', 'unique_codes', relation])})`;
    return draw < 0.3 ? relation : this.plain(collection);
  }

  private plain(collection: string): string {
    return this.random.pick(this.namesOf(collection));
  }

  private namesOf(collection: string): readonly string[] {
    const names = Object.keys(this.description.components.schemas[collection]?.properties ?? {});
    return names.length === 0 ? ['id'] : names;
  }

  /** A field or list that leads elsewhere; now and then one that is not there. */
  private relation(collection: string): string {
    const names = [...this.namesOf(collection), LISTS[collection] ?? 'id'].filter((name) =>
      Object.hasOwn(RELATIONS, name),
    );
    return this.random.pick(
      names.length === 0 || this.random.chance(this.wrongness) ? Object.keys(RELATIONS) : names,
    );
  }

  private fields(collection: string): unknown {
    const list = this.random.list(0, 4, () =>
      this.random.pick(['*', '*.*', 'account.*', this.field(collection), this.field(collection)]),
    );
    return this.random.chance(0.5) ? list : list.join(',');
  }

  private filter(collection: string, depth: number): unknown {
    const { random } = this;
    const draw = random.fraction();
    if (draw < this.wrongness) return hostileValue(random);
    if (draw < 0.2 && depth < 5)
      return { [random.pick(['_and', '_or'])]: random.list(0, 3, () => this.filter(collection, depth + 1)) };
    if (draw < 0.35 && depth < 5) {
      const relation = this.relation(collection);
      const inner = this.filter(RELATIONS[relation] ?? collection, depth + 1);
      return { [relation]: random.chance(0.3) ? { [random.pick(['_some', '_none'])]: inner } : inner };
    }
    const name = random.chance(0.85) ? this.plain(collection) : this.field(collection);
    return { [name]: Object.fromEntries(random.list(1, 2, () => this.comparison(collection, name))) };
  }

  private comparison(collection: string, name: string): [string, unknown] {
    const operator = this.random.pick(COMPARISONS);
    const value = () => this.operand(collection, name);
    if (/in$/.test(operator) || /between$/.test(operator)) {
      const list = this.random.list(1, 3, value);
      return [operator, this.random.chance(0.5) ? list : list.join(',')];
    }
    return [operator, /null$|empty$/.test(operator) ? this.random.chance(0.5) : value()];
  }

  private operand(collection: string, name: string): unknown {
    const { random } = this;
    const draw = random.fraction();
    if (draw < 0.08 + this.wrongness) return hostileValue(random);
    if (draw < 0.2) return random.pick(VARIABLES);
    if (draw < 0.4)
      return random.pick([
        0,
        1,
        8,
        '12',
        'new',
        'sgtin',
        'complete',
        true,
        'encoded',
        null,
        '2026-01-02',
        0.5,
      ]);
    if (name === 'id') return knownKey(random, `/items/${collection}`);
    return knownValue(random, name) ?? random.pick(['Juice', 'a', '2026-01-02T03:04:05Z', 5]);
  }

  private aggregate(collection: string): object {
    return Object.fromEntries(
      this.random.list(1, 2, () => {
        const names = this.random.list(1, 2, () => (this.random.chance(0.3) ? '*' : this.field(collection)));
        return [this.random.pick(AGGREGATES), this.random.chance(0.5) ? names : names.join(',')];
      }),
    );
  }

  private deep(collection: string, depth: number): object {
    const { random } = this;
    const relation = this.relation(collection);
    const inner = RELATIONS[relation] ?? collection;
    const parts: [string, unknown][] = [
      ['_limit', random.pick([0, 1, 5, -1])],
      ['_offset', 1],
      ['_page', 2],
      ['_sort', this.field(inner)],
      ['_filter', this.filter(inner, depth + 3)],
    ];
    if (depth < 3) parts.push(...Object.entries(this.deep(inner, depth + 1)));
    return {
      [relation]: Object.fromEntries(
        random.some(parts, 0.4).map(([name, value]) => [name, this.orWrong(value)]),
      ),
    };
  }

  private orWrong(value: unknown): unknown {
    return this.random.chance(this.wrongness) ? hostileValue(this.random) : value;
  }
}

/** Name and value of each parameter, decoded: nested objects in brackets, or as JSON. */
export function asParameters(random: Random, query: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(query).flatMap(([name, value]): [string, string][] => {
    if (typeof value !== 'object' || value === null) return [[name, String(value)]];
    if (Array.isArray(value) && random.chance(0.5)) return [[name, value.map(String).join(',')]];
    return random.chance(0.5) ? [[name, JSON.stringify(value)]] : bracketed(name, value, 0);
  });
}

function bracketed(name: string, value: unknown, depth: number): [string, string][] {
  if (typeof value !== 'object' || value === null || depth > 12) return [[name, String(value)]];
  const isList = Array.isArray(value);
  return Object.entries(value)
    .slice(0, 600)
    .flatMap(([key, inner]) => bracketed(`${name}[${isList ? '' : key}]`, inner, depth + 1));
}
