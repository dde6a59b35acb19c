import type { Route } from '../http/route';
import { accessRoutes } from './access/routes';
import { eventRoutes } from './events/routes';
import { fileRoutes } from './files/routes';
import { orderRoutes } from './orders/routes';
import { progressRoutes } from './progress/routes';
import { thngRoutes } from './thngs/routes';

/** Every route of this dialect. */
export const adiRoutes: readonly Route[] = [
  ...orderRoutes,
  ...eventRoutes,
  ...fileRoutes,
  ...progressRoutes,
  ...thngRoutes,
  ...accessRoutes,
];
