const UNAMBIGUOUS_UPPER = '23456789BCDFGHJKLMNPQRSTVWXZ';

/** The character sets that a job or an order can name, each with its characters in order. */
export const CHARACTER_SETS = {
  alphanumeric: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  numeric: '0123456789',
  /** Unambiguous, without vowels. */
  'AN-47': `${UNAMBIGUOUS_UPPER}bcdfghjkmnpqrstvwxz`,
  /** Web-safe characters of GS1's CSET 82; the hyphen is one of them. */
  'GS1-64w': '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz',
  'UAN-28': UNAMBIGUOUS_UPPER,
  'GS1-36w': '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  N: '0123456789',
} as const;

export type CharacterSetName = keyof typeof CHARACTER_SETS;

export const CHARACTER_SET_NAMES = Object.keys(CHARACTER_SETS) as readonly CharacterSetName[];

export interface CharacterSet {
  readonly name: CharacterSetName;
  readonly alphabet: string;
}

/** The character set of that name, in upper or lower case; undefined if there is none. */
export function findCharacterSet(name: string): CharacterSet | undefined {
  const wanted = name.toLowerCase();
  const found = CHARACTER_SET_NAMES.find((known) => known.toLowerCase() === wanted);
  return found && { name: found, alphabet: CHARACTER_SETS[found] };
}

/** Names whose characters are those of another name before them, which stands for both: `N` is `numeric`. */
export const CHARACTER_SET_ALIASES: ReadonlyMap<string, CharacterSetName> = new Map(
  CHARACTER_SET_NAMES.flatMap((name) => {
    const first = firstNameOf(CHARACTER_SETS[name]);
    return first === undefined || first === name ? [] : [[name, first] as const];
  }),
);

function firstNameOf(alphabet: string): CharacterSetName | undefined {
  return CHARACTER_SET_NAMES.find((name) => CHARACTER_SETS[name] === alphabet);
}
