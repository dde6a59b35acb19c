export { UnrecoverableError } from 'bullmq';
export { openQueueBackend, type QueueBackend, type QueueBackendOptions } from './backend';
export type { SliceConsumer, SliceContext, SliceProcessor } from './consumer';
export type { QueueLog } from './log';
