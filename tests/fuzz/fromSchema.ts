import { type Description, resolve, type Schema } from './description';
import { knownKey, knownValue } from './known';
import type { Random } from './random';

/** Small, so that a run makes codes by the thousand and not by the million. */
const MOST_CODES = 12;

/** Makes values that fit schemas, of names and keys that are known. */
export class ValueMaker {
  constructor(
    private readonly random: Random,
    private readonly description: Description,
    /** Of the operation: it says what `id` and `keys` are of. */
    private readonly path: string,
  ) {}

  /** @param name of the member or parameter that has the value */
  make(given: Schema, name: string): unknown {
    const schema = resolve(this.description, given);
    const { random } = this;
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives !== undefined) return this.make(random.pick(alternatives), name);
    if (schema.example !== undefined && random.chance(schema.type === 'object' ? 0.25 : 0.2))
      return schema.example;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return random.pick(schema.enum);
    const type = typeof schema.type === 'object' ? random.pick(schema.type) : schema.type;
    switch (type) {
      case 'object':
        return this.object(schema);
      case 'array':
        return random.list(Math.max(schema.minItems ?? 0, random.chance(0.9) ? 1 : 0), 3, () =>
          this.make(schema.items ?? {}, name),
        );
      case 'integer':
      case 'number':
        return this.number(schema, name);
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      default:
        return this.text(schema, name);
    }
  }

  private object({ properties = {}, required = [] }: Schema): object {
    const share = this.random.pick([0, 0.2, 0.5]);
    const members = Object.entries(properties).filter(
      ([name]) => required.includes(name) || this.random.chance(share),
    );
    if (Object.keys(properties).length === 0) return this.random.pick([{}, { a: 'b' }, { line: '3', n: 1 }]);
    return Object.fromEntries(members.map(([name, schema]) => [name, this.make(schema, name)]));
  }

  private number({ minimum = 0, maximum = MOST_CODES, type }: Schema, name: string): number {
    const { random } = this;
    if (name === 'length') return random.pick([6, 8, 8, 10, 12, 20]);
    if (name === 'dpi') return 203;
    if (/_mm$/.test(name)) return random.integer(20, 120);
    const low = Math.max(minimum, -MOST_CODES);
    const value = random.integer(low, Math.min(maximum, low + MOST_CODES));
    return type === 'number' && random.chance(0.5) ? value / 10 : value;
  }

  private text({ format, minLength = 0 }: Schema, name: string): string {
    const { random } = this;
    if (name === 'id' || name === 'keys') return knownKey(random, this.path);
    const known = knownValue(random, name);
    if (known !== undefined) return known;
    if (format === 'uuid') return random.uuid();
    if (format === 'date-time') return '2026-01-02T03:04:05.678Z';
    return random.pick(['Juice', 'a', 'PO-17', 'x y', '7', 'Zürich']).padEnd(minLength, 'x');
  }
}
