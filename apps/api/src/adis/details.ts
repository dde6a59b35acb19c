import { z } from 'zod';

/** What a single read of an order or event tells besides. */
export interface Details {
  withErrors: boolean;
  withIds: boolean;
}

/** As the answer to a POST is told. */
export const NO_DETAILS: Details = { withErrors: false, withIds: false };

const flag = (description: string) =>
  z.enum(['true', 'false']).optional().meta({ type: 'boolean', default: false, description });

/** The query of a single read. @param ids which identifiers `withIds` tells */
export const detailsQuery = (ids: string) =>
  z.object({ withErrors: flag('Tells the errors by identifier'), withIds: flag(ids) });

export function detailsOf({ withErrors, withIds }: z.output<ReturnType<typeof detailsQuery>>): Details {
  return { withErrors: withErrors === 'true', withIds: withIds === 'true' };
}
