import { Fits } from './compare';
import { isObject, type Seed } from './recording';

const FIELDS = new Set(['id', 'first_name', 'last_name', 'email', 'role', 'status']);
const RELATIONS = new Set(['user_created', 'user_updated']);

/** A recorded answer with users as they are here: six fields, one of them the name of a role. */
export function translateUsers(value: unknown, seed: Seed): unknown {
  if (Array.isArray(value)) return value.map((one) => translateUsers(one, seed));
  if (!isObject(value) || value instanceof Fits) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      RELATIONS.has(name) && isObject(one) ? translateUser(one, seed) : translateUsers(one, seed),
    ]),
  );
}

/** Of a role's own fields nothing is left, as of all paths below a plain value. */
function translateUser(user: Record<string, unknown>, seed: Seed): Record<string, unknown> {
  const known = Object.values(seed.users).find(({ id, email }) => id === user.id || email === user.email);
  const entries = Object.entries(user).filter(([name, value]) => FIELDS.has(name) && !isObject(value));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === 'role' ? (known?.role ?? value) : value]),
  );
}
