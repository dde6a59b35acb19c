import type { Request } from 'express';
import type { ApiContext } from '../context';

/** Where this service is reached, without a slash at the end: as set, else as the caller reached it. */
export function publicUrl({ settings }: Pick<ApiContext, 'settings'>, request: Request): string {
  if (settings.PUBLIC_URL !== undefined) return settings.PUBLIC_URL.replace(/\/+$/, '');
  return `${request.protocol}://${request.host || 'localhost'}`;
}
