import { isObject, type RecordedRequest } from './recording';

/** The value of a parameter that is sent as plain text; SEARCH has its query in the body. */
export function parameter({ method, path, body }: RecordedRequest, name: string): unknown {
  if (method === 'SEARCH') return isObject(body) && isObject(body.query) ? body.query[name] : undefined;
  const query = path.includes('?') ? path.slice(path.indexOf('?') + 1) : '';
  return new URLSearchParams(query).get(name) ?? undefined;
}

/** A condition on one value: `account.account_name`, `_eq`, `"Brand A"`. */
export interface Condition {
  path: string;
  operator: string;
  value: unknown;
}

/** All conditions of a filter, whether it is JSON, in brackets or in a body, however they are combined. */
export function conditions(request: RecordedRequest): Condition[] {
  const filter = parameter(request, 'filter');
  if (isObject(filter)) return fromObject(filter);
  if (typeof filter === 'string') return fromJson(filter);
  return fromBrackets(request.path);
}

function fromJson(text: string): Condition[] {
  try {
    const filter: unknown = JSON.parse(text);
    return isObject(filter) ? fromObject(filter) : [];
  } catch {
    return [];
  }
}

function fromObject(filter: Record<string, unknown>, path: readonly string[] = []): Condition[] {
  return Object.entries(filter).flatMap(([key, value]): Condition[] => {
    if (key === '_and' || key === '_or') {
      return Array.isArray(value) ? value.filter(isObject).flatMap((one) => fromObject(one, path)) : [];
    }
    if (!key.startsWith('_') || ['_some', '_none'].includes(key)) {
      const next = key.startsWith('_') ? path : [...path, key];
      return isObject(value) ? fromObject(value, next) : [{ path: next.join('.'), operator: '_eq', value }];
    }
    return [{ path: path.join('.'), operator: key, value }];
  });
}

function fromBrackets(path: string): Condition[] {
  const query = path.includes('?') ? path.slice(path.indexOf('?') + 1) : '';
  return [...new URLSearchParams(query)].flatMap(([name, value]): Condition[] => {
    const parts = [...name.matchAll(/\[([^\]]*)\]/g)].map(([, part]) => part ?? '');
    const at = parts.findIndex((part) => /^_(?!and$|or$|some$|none$)/.test(part));
    if (!name.startsWith('filter[') || at < 0) return [];
    const names = parts.slice(0, at).filter((part) => !/^(_\w+|\d*)$/.test(part));
    return [{ path: names.join('.'), operator: parts[at] as string, value }];
  });
}
