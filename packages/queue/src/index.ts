export { UnrecoverableError, WaitingError } from 'bullmq';
export { openQueueBackend, type QueueBackend, type QueueBackendOptions } from './backend';
export type { Consumer, Processor, Run } from './consumer';
export type { QueueLog } from './log';
export type { Work } from './work';
