import { randomUUID } from 'node:crypto';
import type { IssuedCode } from '@codemint/db';
import { codeId } from '@codemint/shared';
import { uniqueCode } from '../items/collections/uniqueCode';
import type { FieldTree } from '../items/query/itemsQuery';
import { shapeRows } from '../items/read/readItems';
import type { Scope } from '../items/scope';
import type { CodeJob } from './codeJob';
import { uniqueCodeItem } from './uniqueCode';

/**
 * Writes items of one job's codes as JSON. They differ in id and code alone, so one is made in full, related items
 * included, and serves as the form for all. Neither value needs escaping.
 */
export async function itemWriter(
  scope: Scope,
  job: CodeJob,
  fields: FieldTree,
): Promise<(code: IssuedCode) => string> {
  // Nobody can have written these into a name that the item shows.
  const marks = { id: randomUUID(), code: randomUUID() };
  const [form] = await shapeRows(scope, uniqueCode, fields, [uniqueCodeItem(job, marks.id, marks.code)]);
  // Texts at even places, marks at odd ones.
  const pieces = JSON.stringify(form).split(new RegExp(`(${marks.id}|${marks.code})`));
  const needsId = pieces.includes(marks.id);
  return ({ batchId, place, code }) => {
    const id = needsId ? codeId(batchId, place) : '';
    let text = pieces[0] as string;
    for (let i = 1; i < pieces.length; i += 2) {
      text += (pieces[i] === marks.id ? id : code) + (pieces[i + 1] as string);
    }
    return text;
  };
}
