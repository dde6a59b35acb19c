export * from './actionTypes';
export * from './characterSets';
export * from './codeId';
export * from './errors';
export { Ff1Batch } from './ff1/ff1Batch';
export { MAX_SGTIN_96_LENGTH } from './ff1/sgtin96Batch';
export { checkDigit, hasRightCheckDigit } from './gs1/checkDigit';
export * from './gs1/cset82';
export * from './gs1/digitalLink';
export * from './gs1/elementString';
export {
  graiEncoder,
  type SerialEncoder,
  type SsccEncoder,
  sgtinEncoder,
  ssccEncoder,
} from './gs1/epc/encoders';
export { fitsNumericSerial, MAX_NUMERIC_SERIAL } from './gs1/epc/epcSerial';
export * from './gs1/epc/hex';
export { graiPlusEncoder, sgtinPlusEncoder, ssccPlusEncoder } from './gs1/epc/plus';
export type { Epc, EpcCoding, EpcPlusCoding, EpcPlusTag, EpcScheme, EpcTag } from './gs1/epc/schemes';
export * from './gs1/epc/uri';
export { type Gs1Item, logisticUnit, serialIssue, type Unreadable } from './gs1/item';
export * from './gs1/keys';
export * from './gs1/sscc';
export * from './jobTypes';
export * from './loggedError';
export * from './pool/chunk';
export * from './pool/cipher';
export * from './pool/descriptor';
export * from './pool/keyRing';
export * from './pool/shape';
export * from './queues';
export * from './resourceId';
export * from './settings';
export * from './uuid';
