export { FolderInUseError } from './folderLock';
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres/start';
