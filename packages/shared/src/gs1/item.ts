import { hasRightCheckDigit, withRightCheckDigit } from './checkDigit';
import { isCset82 } from './cset82';

/** One item or logistic unit, as a barcode or link names it. */
export interface Gs1Item {
  kind: 'sgtin' | 'grai' | 'sscc';
  /** GTIN-14, the 13 digits of an asset type, or empty: SSCCs are one space. */
  key: string;
  /** Of an SSCC all its 18 digits. */
  serial: string;
}

/** Why a text names no item: a whole sentence that says the rule. */
export interface Unreadable {
  error: string;
}

/** Most characters of a serial: AI 21 has up to 20, AI 8003 up to 16 (GS1 General Specifications, 3.5.2 and 3.9.1). */
const MAX_SERIAL = { sgtin: 20, grai: 16 };

/** The application identifiers that say which item it is; all others are passed over. */
export const ITEM_AIS: ReadonlySet<string> = new Set(['00', '01', '21', '8003']);

/** The item that the values of application identifiers name. */
export function itemOf(values: ReadonlyMap<string, string>): Gs1Item | Unreadable {
  const [gtin, grai, sscc] = ['01', '8003', '00'].map((ai) => values.get(ai));
  if (gtin !== undefined) return sgtin(gtin, values.get('21'));
  if (grai !== undefined) return returnableAsset(grai);
  if (sscc !== undefined) return logisticUnit(sscc);
  return { error: 'It has no GTIN (AI 01), no GRAI (AI 8003) and no SSCC (AI 00).' };
}

/** An SSCC with its check digit. */
export function logisticUnit(sscc: string): Gs1Item | Unreadable {
  if (!/^\d{18}$/.test(sscc)) return { error: 'An SSCC has 18 digits.' };
  return checkDigitIssue(sscc) ?? { kind: 'sscc', key: '', serial: sscc };
}

/** Why this is no serial of an item of a GTIN or asset type; undefined if it is one. */
export function serialIssue(kind: 'sgtin' | 'grai', serial: string): Unreadable | undefined {
  const most = MAX_SERIAL[kind];
  if (serial.length > 0 && serial.length <= most && isCset82(serial)) return undefined;
  return { error: `A serial has 1 to ${most} characters of GS1's character set 82.` };
}

function sgtin(gtin: string, serial: string | undefined): Gs1Item | Unreadable {
  if (!/^(\d{8}|\d{12,14})$/.test(gtin)) return { error: 'A GTIN has 8, 12, 13 or 14 digits.' };
  const wrong = checkDigitIssue(gtin);
  if (wrong !== undefined) return wrong;
  if (serial === undefined) return { error: 'It has no serial (AI 21) besides the GTIN.' };
  return serialIssue('sgtin', serial) ?? { kind: 'sgtin', key: gtin.padStart(14, '0'), serial };
}

/** AI 8003: a zero, the 13 digits of the asset type and the serial. */
function returnableAsset(value: string): Gs1Item | Unreadable {
  const [, key] = /^0(\d{13})/.exec(value) ?? [];
  if (key === undefined) return { error: 'A GRAI (AI 8003) begins with a zero and 13 digits.' };
  const serial = value.slice(14);
  return checkDigitIssue(key) ?? serialIssue('grai', serial) ?? { kind: 'grai', key, serial };
}

function checkDigitIssue(key: string): Unreadable | undefined {
  if (hasRightCheckDigit(key)) return undefined;
  return { error: `The check digit of "${key}" has to be "${withRightCheckDigit(key).at(-1)}".` };
}
