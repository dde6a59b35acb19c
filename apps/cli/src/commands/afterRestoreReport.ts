import type { AfterRestore, FullPool, Margins } from '@codemint/db';
import { CHARACTER_SETS } from '@codemint/shared';

/** All that was done. */
export interface RestoreOutcome extends AfterRestore {
  margins: Margins;
  /** Orders whose ids waited to be registered. */
  registered: number;
  /** Ids of the files. */
  imported: number;
}

export const NOTHING_TO_DO =
  'Nothing to do: the database is where it was. (If a disk or snapshot was put back, nothing tells: use --force.)\n';

/** Of each list so many are shown; --json has all. */
const SHOWN = 50;

export function describeRestore(outcome: RestoreOutcome): string {
  const { margins, pools, newPoolStart, registered, imported } = outcome;
  return paragraphs(
    [
      `Numbers are given out again. ${count(margins.pools)} codes of each of ${pools} pools are set aside; pools that`,
      `are opened from now on begin at ${count(newPoolStart)}. SSCCs: ${count(margins.ssccs)} behind those that were given`,
      'out, and at the start of each company prefix. The queue is empty: workers find unfinished jobs within 30 seconds.',
    ],
    registered + imported > 0 && [
      `${registered} orders with ids of their own were registered, ${imported} ids imported.`,
    ],
    fullPools(outcome),
    fullSsccs(outcome),
    setAside(outcome),
    TO_DO,
  );
}

function fullPools({ full }: RestoreOutcome): string[] | false {
  if (full.length === 0) return false;
  return [
    'Too small for the margin, so nothing is left of them; another length or character set would do:',
    ...listed(full, (pool) => `  ${shapeInWords(pool)}, ${count(pool.left)} were left`),
  ];
}

function shapeInWords({ kind, key, prefix, alphabet, length, suffix }: FullPool): string {
  const set = Object.entries(CHARACTER_SETS).find(([, characters]) => characters === alphabet)?.[0];
  const around = prefix + suffix === '' ? '' : ` in "${prefix}…${suffix}"`;
  return `${kind} ${key}: ${set ?? alphabet}, length ${length}${around}`;
}

function fullSsccs({ fullSsccs: full }: RestoreOutcome): string[] | false {
  if (full.length === 0) return false;
  return [
    'Company prefixes with no SSCCs left; another extension digit would do:',
    ...listed(full, (one) => `  extension digit ${one.extensionDigit}, prefix ${one.companyPrefix}`),
  ];
}

function setAside({ setAside: stocks, unfinished }: RestoreOutcome): string[] | false {
  if (stocks.length + unfinished === 0) return false;
  return [
    'Codes that were unassigned in the backup may have been printed since. They are set aside in reservations; export',
    `one, look, and delete it to give its codes back. ${unfinished} unfinished jobs follow when they are finished.`,
    ...listed(
      stocks,
      ({ reservation, product, domain, quantity }) =>
        `  ${reservation}: ${count(quantity)} of ${product ?? domain}`,
    ),
  ];
}

/** What no backup can tell. */
const TO_DO = [
  'Still to be done by you:',
  '  - Tokens that were revoked and users that were suspended since the backup are as before it: do it again.',
  '  - Master keys that were retired since: "codemint keys retire <version>" again.',
  '  - Jobs, orders, products and settings of that time are gone: tell their senders. What they have sent or printed',
  '    stays theirs, and is not verified as issued.',
  '  - Ids that came from outside then and turn up later: "codemint import <file>".',
  '  - SSCC jobs of that time with a start of their own: post them again with the same start and quantity, and do not use',
  '    their codes twice; elsewhere only the margin keeps them from being given out.',
  '  - ADI orders of that time with a prefix or suffix that their product has not had before: order one code with the',
  '    same prefix, suffix and length first. From then on what they may have been given is left out everywhere.',
];

export function describeClone({ retired, version }: { retired: number[]; version: number }): string {
  return paragraphs([
    `This copy makes new codes with version ${version} of the master key; retired: ${retired.join(', ') || 'none'}. The queue is`,
    'empty. The codes are not those of the original, but in the same spaces: some may be equal, so the copy must not serve',
    'the domains of the original, nor label goods. SSCCs have no key: they are the same as those of the original.',
  ]);
}

function paragraphs(...parts: (readonly string[] | false)[]): string {
  return parts.flatMap((part) => (part === false ? [] : [`${part.join('\n')}\n`])).join('\n');
}

function listed<Item>(items: readonly Item[], inWords: (item: Item) => string): string[] {
  const lines = items.slice(0, SHOWN).map(inWords);
  return items.length > SHOWN ? [...lines, `  … and ${items.length - SHOWN} more: --json lists all`] : lines;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
