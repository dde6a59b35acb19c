import { columnsOf } from '../items/export/csv';
import type { ExportFormat } from '../items/export/formats';
import type { Scope } from '../items/scope';
import type { CodePage } from './codeSource';
import { CodeWriter } from './codeWriter';
import { type Shape, sampleOf } from './shapeCodes';

/** So many pages tell which columns there are; all if there are no more. */
const SAMPLE = 20;

/** Codes in a format of export, written while they are read. */
export async function* exportedCodes(
  scope: Scope,
  shape: Shape,
  format: ExportFormat,
  pages: AsyncGenerator<CodePage>,
): AsyncGenerator<Buffer | string> {
  try {
    const first: CodePage[] = [];
    const sample: unknown[] = [];
    let isAll = false;
    while (!isAll && first.length < SAMPLE) {
      const page = await pages.next();
      if (page.done) isAll = true;
      else {
        first.push(page.value);
        sample.push(...(await sampleOf(scope, shape, page.value)));
      }
    }
    const rows = format.open(sample, isAll ? [] : columnsOf(shape.fields));
    yield* new CodeWriter(scope, shape, rows).list(followed(first, pages));
  } finally {
    await pages.return(undefined);
  }
}

async function* followed<Page>(first: readonly Page[], rest: AsyncGenerator<Page>): AsyncGenerator<Page> {
  yield* first;
  yield* rest;
}
