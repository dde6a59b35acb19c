import fc from 'fast-check';
import { type FieldIssue, ValidationError } from '../src/errors';
import { checkDigit } from '../src/gs1/checkDigit';
import { CSET_82 } from '../src/gs1/cset82';
import { EPC_SCHEMES, type Epc, type EpcScheme, type EpcTag } from '../src/gs1/epc/schemes';

/** The one issue of the ValidationError that `act` throws. */
export function issueOf(act: () => unknown): FieldIssue {
  try {
    act();
  } catch (error) {
    if (error instanceof ValidationError && error.issues.length === 1) return error.issues[0] as FieldIssue;
    throw error;
  }
  throw new Error('Nothing was thrown');
}

/** What `act` returns, or null if it refuses. */
export function unlessRefused<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof ValidationError) return null;
    throw error;
  }
}

export const schemes = fc.constantFrom<EpcScheme>('sgtin', 'sscc', 'grai');
export const filters = fc.integer({ min: 0, max: 7 });

/** Serials of CSET 82, of digits with and without leading zeros, and at the bounds of 38 bits. */
export function serials(scheme: EpcScheme): fc.Arbitrary<string> {
  const maxLength = EPC_SCHEMES[scheme].serialLength;
  if (maxLength === 0) return fc.constant('');
  const of = (characters: string) =>
    fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength }).map((list) => list.join(''));
  return fc.oneof(
    of(CSET_82),
    of('0123456789'),
    of('0123456789ABCDEF'),
    of('0123456789abcdef'),
    of('ABCXYZ0189.:-'),
    of('AZaz09-_'),
    numericSerials,
    fc.constantFrom('0', '274877906943', '274877906944', '00'),
  );
}

export const numericSerials = fc.bigInt({ min: 0n, max: 274877906943n }).map(String);

export function keys(scheme: EpcScheme): fc.Arbitrary<string> {
  const width = EPC_SCHEMES[scheme].keyDigits - 1;
  return fc.stringMatching(new RegExp(`^\\d{${width}}$`)).map((digits) => digits + checkDigit(digits));
}

export const epcs: fc.Arbitrary<Epc> = schemes.chain((scheme) =>
  fc.record({
    scheme: fc.constant(scheme),
    key: keys(scheme),
    serial: serials(scheme),
    prefixLength: fc.integer({ min: 6, max: 12 }),
  }),
);

/** Tags of the 96-bit codings and of the long ones, each with serials that it can hold. */
export const tags: fc.Arbitrary<EpcTag> = fc
  .tuple(epcs, filters, fc.boolean(), numericSerials)
  .map(([epc, filter, wantsLong, number]) => {
    const { short, long } = EPC_SCHEMES[epc.scheme];
    if (epc.scheme === 'sscc') return { ...epc, filter, coding: short.name };
    if (wantsLong && long) return { ...epc, filter, coding: long.name };
    return { ...epc, filter, coding: short.name, serial: number };
  });
