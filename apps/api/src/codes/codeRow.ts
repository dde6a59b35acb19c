import { type CodeMark, codesOf, type IssuedCode, type RegisteredCode, UNMARKED } from '@codemint/db';
import { codeId, escapeLinkValue } from '@codemint/shared';
import type { Item } from '../items/scope';
import type { CodeBatch } from './codeBatch';
import type { CodePage } from './codeSource';
import { linkHeads } from './links';

/** A code as the collection unique_code has it, values as Postgres gives them. */
export function generatedRow(
  batch: CodeBatch,
  { place, code, status, reservation }: Pick<IssuedCode, 'place' | 'code'> & CodeMark,
): Item {
  return rowOf(batch, { id: codeId(batch.batchId, place), code, status, reservation, ...sharedBy(batch) });
}

/** The form of all rows of a batch's generated codes of one mark: they differ in id and code alone. */
export function formRow(
  batch: CodeBatch,
  { status, reservation }: CodeMark,
  slots: { id: string; code: string },
): Item {
  return rowOf(batch, { ...slots, status, reservation, ...sharedBy(batch) });
}

export function registeredRow(batch: CodeBatch, code: RegisteredCode): Item {
  return rowOf(batch, code);
}

/** The codes of a page, in its order. */
export function rowsOfPage(page: CodePage): Item[] {
  if (page.kind === 'registered') return page.codes.map(({ batch, code }) => registeredRow(batch, code));
  const { batch, run } = page;
  return codesOf(run).map((code, i) =>
    generatedRow(batch, { code, place: run.places[i] as number, ...(run.marks?.[i] ?? UNMARKED) }),
  );
}

/** What a supplied code has of its own, a generated one has of its job or order. */
function sharedBy({ userCreated, dateCreated }: CodeBatch) {
  return { customId: null, userCreated, dateCreated };
}

interface OwnValues extends Omit<RegisteredCode, 'batchId' | 'place' | 'dateCreated'> {
  dateCreated: Date | null;
}

function rowOf(batch: CodeBatch, code: OwnValues): Item {
  const { digitalLink, epcJoinKey } = linkHeads(batch);
  const escaped = escapeLinkValue(code.code);
  return {
    id: code.id,
    user_created: code.userCreated,
    date_created: code.dateCreated,
    user_updated: null,
    date_updated: null,
    digital_link: digitalLink + escaped,
    code: code.code,
    product: batch.product,
    identifier_job: batch.jobId,
    epc_join_key: epcJoinKey + escaped,
    status: code.status,
    type: batch.type,
    custom_id: code.customId,
    reservation: code.reservation,
  };
}
