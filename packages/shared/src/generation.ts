// All that making codes takes and nothing else: a thread that makes them loads only this.
export { PoolKeyError } from './errors';
export { SSCC_WIDTH } from './gs1/sscc';
export { makeChunk, makeSsccChunk } from './pool/chunk';
export type { PoolDescriptor } from './pool/descriptor';
export { KeyRing } from './pool/keyRing';
