import { adiRoutes } from './adis/routes';
import { capacityRoutes } from './capacity/routes';
import { codeRoutes } from './codes/routes';
import type { Route } from './http/route';
import { importRoutes } from './import/routes';
import { itemRoutes } from './items/routes';
import { labelRoutes } from './labels/routes';
import { redirectRoutes } from './redirects/routes';
import { serverRoutes } from './server/routes';
import { verifyRoutes } from './verify/routes';

/** Every route that is served and described. */
export const routes: readonly Route[] = [
  ...serverRoutes,
  ...codeRoutes,
  ...labelRoutes,
  ...capacityRoutes,
  ...importRoutes,
  ...verifyRoutes,
  ...itemRoutes,
  ...adiRoutes,
  ...redirectRoutes,
];
