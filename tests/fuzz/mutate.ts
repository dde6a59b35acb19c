import { encodePart, hostileText, hostileValue, RawJson } from './hostile';
import type { Random } from './random';

/** The value with one thing in it changed, whatever it is. */
export function mutateJson(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof RawJson || random.chance(0.1))
    return changed(random, value);
  if (Array.isArray(value)) return mutateList(random, value);
  const names = Object.keys(value);
  if (names.length === 0 || random.chance(0.1))
    return { ...value, [hostileText(random)]: hostileValue(random) };
  const name = random.pick(names);
  const { [name]: member, ...rest } = value as Record<string, unknown>;
  const draw = random.fraction();
  if (draw < 0.15) return rest;
  if (draw < 0.2) return { ...rest, [hostileText(random)]: member };
  return { ...value, [name]: mutateJson(random, member) };
}

function mutateList(random: Random, list: readonly unknown[]): unknown {
  const draw = random.fraction();
  if (list.length === 0 || draw < 0.1) return [...list, hostileValue(random)];
  const place = random.integer(0, list.length - 1);
  if (draw < 0.2) return list.toSpliced(place, 1);
  if (draw < 0.3) return [...list, list[place]];
  if (draw < 0.33) return Array.from({ length: random.pick([101, 1_001]) }, () => list[place]);
  return list.with(place, mutateJson(random, list[place]));
}

function changed(random: Random, value: unknown): unknown {
  const draw = random.fraction();
  if (draw < 0.15) return [value];
  if (draw < 0.2) return { value };
  if (draw < 0.3) return String(value);
  if (draw < 0.4 && typeof value === 'string') return mutateText(random, value);
  if (draw < 0.5 && typeof value === 'number')
    return random.pick([-value, value + 0.5, value * 1e6, value + 2 ** 53]);
  return hostileValue(random);
}

/** The text cut, doubled, or with something put into it that does not belong there. */
export function mutateText(random: Random, text: string): string {
  const place = random.integer(0, text.length);
  const [before, after] = [text.slice(0, place), text.slice(place)];
  switch (random.integer(0, 5)) {
    case 0:
      return before || text;
    case 1:
      return before + after.slice(random.integer(1, 3));
    case 2:
      return (
        before +
        random.pick([
          '%',
          '%0',
          '%00',
          '%ff',
          '%C3%28',
          '%2F',
          '/',
          '//',
          '?',
          '&',
          '#',
          ';',
          '..',
          '\\',
          '[',
          ']',
          '{',
          '"',
          ',',
          '+',
        ]) +
        after
      );
    case 3:
      return before + encodePart(hostileText(random).slice(0, 500)) + after;
    case 4:
      return before + before.slice(-20) + after;
    default:
      return before.toUpperCase() + after;
  }
}
