import type { Request } from 'express';
import type { Dialect } from '../http/dialect';
import { readJsonBody } from './body';
import { adiErrorReply } from './errors';
import { errorSchema } from './schemas';

/** Whatever is asked below these, served or not, is answered in this dialect. */
export const ADI_ROOTS = ['/adis', '/thngs', '/access', '/operators'];

/** The dialect of ADI orders and of what is made with them. */
export const adisDialect: Dialect = {
  security: ['rawToken', 'bearer'],
  tokenOf,
  readBody: readJsonBody,
  reply: adiErrorReply,
  errorSchema,
};

/** The token as it is; written as everybody writes it elsewhere it is the same. */
function tokenOf(request: Request): string | undefined {
  return /^\s*(?:Bearer +)?(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}
