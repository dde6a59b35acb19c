import { type Gs1Item, ITEM_AIS, itemOf, type Unreadable } from './item';

/** FNC1 as scanners send it: it ends an element of variable length. */
const FNC1 = '\x1D';

/** What scanners send first where they tell the symbology: GS1-128, DataBar, DataMatrix, QR code, DotCode. */
const SYMBOLOGY = /^\](?:C1|e0|d2|Q3|J1)/;

/**
 * Characters of the elements that need no FNC1 behind them, application identifier included, by its first two digits
 * (GS1 General Specifications, figure 7.8.5-2).
 */
const PREDEFINED_LENGTHS: Readonly<Record<string, number>> = {
  '00': 20, '01': 16, '02': 16, '03': 16, '04': 18, '11': 8, '12': 8, '13': 8, '14': 8, '15': 8, '16': 8, '17': 8,
  '18': 8, '19': 8, '20': 4, '31': 10, '32': 10, '33': 10, '34': 10, '35': 10, '36': 10, '41': 16,
}; // biome-ignore format: as the figure has it

/** An application identifier in brackets (GS1 General Specifications, section 3.2): a serial may hold brackets as well. */
const BRACKETED_AI =
  /\((0[0-4]|1\d|2[0-2]|30|37|9\d|2[3-5]\d|4[0-2]\d|71\d|(?:3[1-69]|43|70|72|8[0-2])\d\d)\)/g;

/** Whether a text says by how it looks that it is an element string: brackets, an FNC1 or a scanner's prefix. */
export function isMarkedElementString(text: string): boolean {
  return /^\(\d{2,4}\)/.test(text) || SYMBOLOGY.test(text) || text.includes(FNC1);
}

/**
 * The item that a GS1 element string names: `(01)09312345551927(21)ABC`, or as it stands in a symbol, with FNC1 as
 * U+001D. Elements of other application identifiers are passed over. In brackets a serial ends at the next application
 * identifier; one that holds such brackets itself has to be sent without.
 */
export function parseElementString(text: string): Gs1Item | Unreadable {
  const bare = text.replace(SYMBOLOGY, '');
  const values = new Map<string, string>();
  const problem = bare.startsWith('(') ? readBracketed(bare, values) : readElements(bare, values);
  return problem ?? itemOf(values);
}

/**
 * The element string of an item as people read it, application identifiers in brackets: `(01)09312345551927(21)ABC`,
 * `(8003)0…`, `(00)…`. The brackets stand in no symbol.
 */
export function formatElementString({ kind, key, serial }: Gs1Item): string {
  if (kind === 'sscc') return `(00)${serial}`;
  return kind === 'sgtin' ? `(01)${key}(21)${serial}` : `(8003)0${key}${serial}`;
}

function readElements(text: string, values: Map<string, string>): Unreadable | undefined {
  for (let at = 0; at < text.length; ) {
    if (text[at] === FNC1) {
      at++;
      continue;
    }
    const prefix = text.slice(at, at + 2);
    if (!/^\d\d$/.test(prefix)) return { error: `No application identifier stands at character ${at + 1}.` };
    const length = PREDEFINED_LENGTHS[prefix];
    const fnc1 = text.indexOf(FNC1, at);
    const rest = fnc1 === -1 ? text.length : fnc1;
    const end = length === undefined ? rest : at + length;
    if (end > rest) return { error: `The element of AI ${prefix} is too short.` };
    const ai = text.startsWith('8003', at) ? '8003' : prefix;
    const problem = keep(values, ai, text.slice(at + ai.length, end));
    if (problem !== undefined) return problem;
    at = end;
  }
  return undefined;
}

function readBracketed(text: string, values: Map<string, string>): Unreadable | undefined {
  const found = [...text.matchAll(BRACKETED_AI)];
  if (found[0]?.index !== 0) return { error: 'No application identifier stands at character 1.' };
  for (const [i, { 0: bracketed, 1: ai = '', index }] of found.entries()) {
    const value = text.slice(index + bracketed.length, found[i + 1]?.index ?? text.length);
    const problem = keep(values, ai, value.endsWith(FNC1) ? value.slice(0, -1) : value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Keeps what says which item it is. */
function keep(values: Map<string, string>, ai: string, value: string): Unreadable | undefined {
  if (!ITEM_AIS.has(ai)) return undefined;
  const other = values.get(ai);
  if (other !== undefined && other !== value) return { error: `AI ${ai} has two values.` };
  values.set(ai, value);
  return undefined;
}
