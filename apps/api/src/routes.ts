import { adiRoutes } from './adis/routes';
import { codeRoutes } from './codes/routes';
import type { Route } from './http/route';
import { importRoutes } from './import/routes';
import { itemRoutes } from './items/routes';
import { redirectRoutes } from './redirects/routes';
import { serverRoutes } from './server/routes';

/** Every route that is served and described. */
export const routes: readonly Route[] = [
  ...serverRoutes,
  ...codeRoutes,
  ...importRoutes,
  ...itemRoutes,
  ...adiRoutes,
  ...redirectRoutes,
];
