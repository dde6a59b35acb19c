import { InvalidQueryError } from '@codemint/shared';
import { parseObject } from './lists';

/** Fields by the other names that a query gives them. */
export type Alias = Readonly<Record<string, string>>;

/** @throws InvalidQueryError */
export function parseAlias(raw: unknown): Alias {
  const alias = parseObject('alias', raw) ?? {};
  for (const [key, value] of Object.entries(alias)) {
    if (typeof value !== 'string') throw new InvalidQueryError('"alias" value has to be a string');
    if (key.includes('.') || value.includes('.')) {
      throw new InvalidQueryError('"alias" key/value can\'t contain a period character `.`');
    }
  }
  return alias as Alias;
}
