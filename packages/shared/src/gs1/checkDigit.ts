/**
 * GS1's mod-10 check digit (GS1 General Specifications, section 7.9): digits weigh 3 and 1 in turn from the right.
 * @param digits The key without its check digit; digits only.
 */
export function checkDigit(digits: string): string {
  let sum = 0;
  for (let k = 0; k < digits.length; k++) {
    const weight = (digits.length - k) % 2 === 1 ? 3 : 1;
    sum += Number(digits[k]) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** The key with the check digit that its other digits ask for. */
export function withRightCheckDigit(key: string): string {
  const digits = key.slice(0, -1);
  return digits + checkDigit(digits);
}

/** Whether this is two or more digits of which the last is the right check digit. */
export function hasRightCheckDigit(key: string): boolean {
  return /^\d{2,}$/.test(key) && withRightCheckDigit(key) === key;
}
