import { hasRightCheckDigit } from './checkDigit';

/** Characters of an SSCC: extension digit, company prefix, serial and check digit. */
export const SSCC_WIDTH = 18;

/** All SSCCs are one space: the 17 digits before the check digit, as an integer. */
export const SSCC_SPACE = 10n ** 17n;

const BODY = SSCC_WIDTH - 1;
const ZERO = 48;

/** The integers of an extension digit and company prefix: `first` to `first + size - 1`. */
export interface SsccBlock {
  first: bigint;
  size: bigint;
}

/**
 * @param extensionDigit 0 to 9.
 * @param companyPrefix 4 to 12 digits; the serial has the 16 - p digits that p of them leave.
 * @throws RangeError if they are not.
 */
export function ssccBlock(extensionDigit: number, companyPrefix: string): SsccBlock {
  if (!/^\d$/.test(String(extensionDigit)) || !/^\d{4,12}$/.test(companyPrefix)) {
    throw new RangeError(`No extension digit and company prefix: ${extensionDigit}, "${companyPrefix}"`);
  }
  const size = 10n ** BigInt(BODY - 1 - companyPrefix.length);
  return { first: BigInt(`${extensionDigit}${companyPrefix}`) * size, size };
}

/**
 * The SSCCs of `count` integers from `first` on, 18 ASCII digits each, in a buffer of their own.
 * @throws RangeError if they are not all in the space of SSCCs.
 */
export function encodeSsccs(first: bigint, count: number): Buffer {
  if (first < 0n || first + BigInt(count) > SSCC_SPACE)
    throw new RangeError(`No SSCCs: ${count} from ${first}`);
  const codes = Buffer.allocUnsafeSlow(count * SSCC_WIDTH);
  const digits = Uint8Array.from(first.toString().padStart(BODY, '0'), Number);
  let sum = digits.reduce((total, digit, place) => total + digit * weight(place), 0);
  for (let k = 0, at = 0; k < count; k++, at += SSCC_WIDTH) {
    for (let place = 0; place < BODY; place++) codes[at + place] = ZERO + (digits[place] as number);
    codes[at + BODY] = ZERO + ((10 - (sum % 10)) % 10);
    sum += increment(digits);
  }
  return codes;
}

/** Adds one to the number; what that adds to the weighted sum of its digits. */
function increment(digits: Uint8Array): number {
  let place = BODY - 1;
  let change = 0;
  for (; place > 0 && digits[place] === 9; place--) {
    digits[place] = 0;
    change -= 9 * weight(place);
  }
  (digits[place] as number)++;
  return change + weight(place);
}

/** The check digit's weights: 3 for the first of the 17 digits, then 1 and 3 in turn. */
function weight(place: number): number {
  return place % 2 === 0 ? 3 : 1;
}

/** The integer of an SSCC; undefined if it is not 18 digits with the right check digit. */
export function decodeSscc(code: string): bigint | undefined {
  if (code.length !== SSCC_WIDTH || !hasRightCheckDigit(code)) return undefined;
  return BigInt(code.slice(0, BODY));
}
