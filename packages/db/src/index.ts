export { type AccountSummary, accountExists, createAccount, listAccounts } from './access/accounts';
export { type ActionType, addActionType, isActionType, listActionTypes } from './access/actionTypes';
export { bootstrap, FIRST_ACCOUNT_ID, firstAccountId } from './access/bootstrap';
export { addProject, listProjects, type ProjectSummary, projectExists } from './access/projects';
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
export { allotSupplied, type SuppliedCode } from './allotment/allotSupplied';
export { actingFor } from './audit/actingFor';
export type { Actor } from './audit/actor';
export { type AuditEntry, type AuditSelection, listAudit } from './audit/listAudit';
export { type Audited, recordAudit } from './audit/recordAudit';
export { findCancelledBatches, removeChunks } from './batches/cancelBatch';
export { reopenSlice } from './batches/reopenBatch';
export { failBatch, findUnsettledBatches, ownerOfBatch, settleBatch } from './batches/settleBatch';
export { type CapacityRequest, capacityOf, type PoolCapacity } from './capacity/capacityOf';
export { companyPrefixLengthOf, policyOf } from './capacity/policies';
export type { SsccCapacity } from './capacity/ssccCapacity';
export { CODE_AT, chunkOfPlace, HAS_CODE } from './codes/chunkOfPlace';
export type { StoredCodes } from './codes/chunkRow';
export { type CodeRun, codesOf, readCodeRuns, streamCodeRuns } from './codes/codeRuns';
export type { CodeScope } from './codes/codeScope';
export { findCode } from './codes/findCode';
export { countCodes, type IssuedCode, readCodeAt, readCodes, readCodesAt } from './codes/readCodes';
export {
  countRegistered,
  findRegistered,
  type RegisteredCode,
  type RegisteredSelection,
  registeredById,
  reservationOf,
  streamRegistered,
} from './codes/registered';
export { streamChunks } from './codes/streamChunks';
export { changeRows } from './connection/changeRows';
export {
  type Client,
  type Database,
  type DatabaseOptions,
  type DynamicTables,
  openDatabase,
} from './connection/database';
export { inTransaction, isDatabaseAway, sqlState } from './connection/transaction';
export { untilReached } from './connection/untilReached';
export { claimStaleEvents, nextEventAttempts } from './events/claimStaleEvents';
export { createEvent, type NewEvent } from './events/createEvent';
export {
  type EventSelection,
  eventNumbers,
  findEvent,
  listActions,
  listEvents,
  type StoredEvent,
  unactedNumbers,
} from './events/findEvents';
export { failEvent, performEvent, reopenEvent } from './events/performEvent';
export { readBacklog } from './figures/backlog';
export { readFullest } from './figures/fullest';
export { claimKey, findKept, type KeptRequest, keepAnswer, keepMade } from './idempotency/keptRequests';
export { type KeyedRequest, keyedRequest } from './idempotency/keyedRequest';
export { type CodeImport, type ImportedCodes, type ImportProgress, importCodes } from './import/importCodes';
export { type FormerJob, importJobs } from './import/importJobs';
export { IMPORT_FIELDS, type ImportLine, type UnreadableLine } from './import/importLine';
export { type ImportFormat, readLines } from './import/readLines';
export { createJobs, type JobLimits, type NewJob } from './jobs/createJobs';
export { deleteJobs } from './jobs/deleteJobs';
export { type JobPlanRequest, planJob } from './jobs/planJob';
export { keyVersionForNew } from './keys/keyVersionForNew';
export { listKeys, type MasterKey, retireKey } from './keys/masterKeys';
export { proveKeys } from './keys/proveKeys';
export { retiredKeys } from './keys/retiredKeys';
export { type Counted, type Counting, countPoints, removeExpiredCounts } from './limits/countPoints';
export type { TokenQuota } from './limits/tokenQuota';
export * from './migrate';
export { type CreatedOrder, createOrder, type NewOrder } from './orders/createOrder';
export {
  findOrder,
  findOrderOfBatch,
  listOrders,
  type OrderSelection,
  type OrderState,
  orderProgress,
  type StoredOrder,
  suppliedIds,
} from './orders/findOrders';
export { findProduct, findProductsOfGtin, type OrderProduct } from './orders/findProducts';
export type { ListFilter } from './orders/listFilters';
export type { ListPage } from './orders/listPage';
export { findThng, listThngs, placeOfThng, type StoredThng, type ThngSelection } from './orders/listThngs';
export { numbersOfIds, type OrderCodes, readOrderCodes, streamOrderCodes } from './orders/orderCodes';
export { orderNamespace } from './orders/orderNamespace';
export {
  MAX_ORDER_QUANTITY,
  type OrderPlanRequest,
  planOrder,
  type RequestedCodes,
  requireIdList,
} from './orders/planOrder';
export {
  claimStaleRegistrations,
  failOrder,
  nextRegistrationAttempts,
  type RegistrationOutcome,
  registerOrder,
  reopenRegistration,
} from './orders/registerOrder';
export type { ThngFilter } from './orders/thngFilters';
export type { NamespaceKey } from './pools/namespaces';
export {
  type DecodedShortCode,
  decodeShortCode,
  findRedirects,
  type Redirect,
} from './redirects/findRedirects';
export { findShortDomain, type ShortDomain } from './redirects/shortDomain';
export { claimRound } from './replenishment/claimRound';
export { replenish } from './replenishment/replenish';
export { shortRules } from './replenishment/shortRules';
export { createReservations, type NewReservation } from './reservations/createReservations';
export { releaseReservations } from './reservations/releaseReservations';
export { type Stock, type StockLevel, stockOf } from './reservations/stock';
export {
  type AfterRestore,
  afterClone,
  afterRestore,
  type Margins,
  readPace,
  registerWaitingOrders,
} from './restore/afterRestore';
export { isHome } from './restore/identity';
export type { FullPool } from './restore/raisePools';
export { setFinishedAside } from './restore/setAsideStock';
export { type RetriedWork, retryFailed } from './retry/retryFailed';
export { claimStaleSlices, nextAttempts } from './slices/claimStaleSlices';
export { failSlice } from './slices/failSlice';
export { loadSlice, type SliceWork } from './slices/loadSlice';
export { type Chunk, type ChunkOutcome, writeChunk } from './slices/writeChunk';
export type { CodeStatus } from './statuses/blocks';
export {
  choiceCondition,
  locateByStatus,
  locateChunks,
  readChunkRuns,
  type StatusChoice,
} from './statuses/locateByStatus';
export { type Move, type MoveCondition, moveCodes } from './statuses/moveCodes';
export {
  type CodeMark,
  RESERVED_BY,
  type StatusCount,
  type StatusRange,
  statusCounts,
  statusesAt,
  statusRanges,
  UNMARKED,
} from './statuses/readStatuses';
export { setCodeStatus, setRegisteredStatus } from './statuses/setCodeStatus';
export type { Difference } from './verification/differences';
export { type CodeOwner, ownersOf } from './verification/ownersOf';
export {
  batchesOfJobOrOrder,
  type StockSelection,
  verifyStock,
} from './verification/verifyStock';
