import type { Registry } from 'prom-client';
import { collectedGauge } from './collected';

/** The part of a pool of database connections that is looked at. */
export interface ConnectionPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number };
}

/** How many connections to the database a process has, and how much of its work waits for one. */
export function observeConnections(registry: Registry, pool: ConnectionPool): void {
  collectedGauge(
    registry,
    {
      name: 'codemint_database_connections',
      help: 'Connections of this process to the database, used or idle',
      labelNames: ['state'],
    },
    () => [
      [{ state: 'used' }, pool.totalCount - pool.idleCount],
      [{ state: 'idle' }, pool.idleCount],
    ],
  );
  collectedGauge(
    registry,
    {
      name: 'codemint_database_connections_max',
      help: 'Most connections that this process may have to the database',
    },
    () => [[{}, pool.options.max]],
  );
  collectedGauge(
    registry,
    {
      name: 'codemint_database_connections_wanted',
      help: 'Pieces of work of this process that wait for a connection to the database',
    },
    () => [[{}, pool.waitingCount]],
  );
}
