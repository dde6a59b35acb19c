export { type AccountSummary, createAccount, listAccounts } from './access/accounts';
export { bootstrap, FIRST_ACCOUNT_ID, firstAccountId } from './access/bootstrap';
export {
  ADMINISTRATOR_ID,
  type Caller,
  createToken,
  findCaller,
  listTokens,
  revokeToken,
  type TokenSummary,
} from './access/tokens';
export {
  createUser,
  findUser,
  listUsers,
  type NewUser,
  setUserStatus,
  type UserSummary,
} from './access/users';
export { allotSupplied } from './allotment/allotSupplied';
export { findCancelledBatches, removeChunks } from './batches/cancelBatch';
export { failBatch, findUnsettledBatches, settleBatch } from './batches/settleBatch';
export type { StoredCodes } from './codes/chunkRow';
export type { CodeScope } from './codes/codeScope';
export { findCode } from './codes/findCode';
export { countCodes, type IssuedCode, readCodeAt, readCodes } from './codes/readCodes';
export { streamChunks } from './codes/streamChunks';
export {
  type Client,
  type Database,
  type DatabaseOptions,
  type DynamicTables,
  openDatabase,
} from './connection/database';
export { inTransaction, isDatabaseAway, sqlState } from './connection/transaction';
export { createJobs, type JobLimits, type NewJob } from './jobs/createJobs';
export { deleteJobs } from './jobs/deleteJobs';
export { type JobPlanRequest, planJob } from './jobs/planJob';
export * from './migrate';
export type { NamespaceKey } from './pools/namespaces';
export { claimStaleSlices, nextAttempts } from './slices/claimStaleSlices';
export { loadSlice, type SliceWork } from './slices/loadSlice';
export { type Chunk, type ChunkOutcome, writeChunk } from './slices/writeChunk';
