import { orderProgress as readOrderProgress } from '@codemint/db';
import type { Watched } from '../../codes/progressReader';
import { countsOf } from '../status';

/** The progress of an ADI order, in the words of its status, and `rate`. */
export function orderProgress(id: string): Watched {
  return {
    id,
    async read(client) {
      const order = await readOrderProgress(client, id);
      if (order === undefined) return undefined;
      const { state, quantity: requested, created } = order;
      return { state, requested, ...countsOf({ state, requested, created }) };
    },
    isFinal: ({ state }) => state === 'completed',
  };
}
