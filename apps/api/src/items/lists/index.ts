import type { Collection } from '../collection';
import { jobCodes } from './jobCodes';
import type { ListSource } from './listSource';

/** By collection and name of the list. */
const SOURCES: Readonly<Record<string, ListSource>> = {
  'identifier_job.unique_codes': jobCodes,
};

/** @throws Error if a description names a list that nothing reads */
export function listSource({ name }: Collection, list: string): ListSource {
  const found = SOURCES[`${name}.${list}`];
  if (found === undefined) throw new Error(`no list "${list}" of "${name}"`);
  return found;
}
