import type { CodemintError } from '@codemint/shared';
import { RejectedItemsError, type Rejection } from '../../http/errors';
import type { Submission } from './writer';

/**
 * Refuses a submission for everything that is wrong with its items.
 * @param errorsByItem in the order of the items
 * @throws RejectedItemsError unless there is no error
 */
export function refuseErrors(
  { isList }: Pick<Submission, 'isList'>,
  errorsByItem: readonly (readonly CodemintError[])[],
): void {
  const rejections = errorsByItem.flatMap((errors, index): Rejection[] =>
    errors.map((error) => ({ index: isList ? index : null, error })),
  );
  if (rejections.length > 0) throw new RejectedItemsError(rejections);
}
