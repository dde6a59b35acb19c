import vectors from '../../../tests/vectors/gs1.json';
import { CSET_82 } from '../src/gs1/cset82';
import { graiPath, sgtinPath, ssccPath } from '../src/gs1/digitalLink';

/** The path of an element string in brackets, by its application identifiers. */
function pathOf(elementString: string): string {
  const sgtin = /^\(01\)(\d{14})\(21\)(.+)$/.exec(elementString);
  if (sgtin) return sgtinPath(sgtin[1] ?? '', sgtin[2] ?? '');
  const grai = /^\(8003\)0(\d{13})(.+)$/.exec(elementString);
  if (grai) return graiPath(grai[1] ?? '', grai[2] ?? '');
  return ssccPath(elementString.slice('(00)'.length));
}

describe('Digital Link path', () => {
  test.each(vectors.digitalLink)('$elementString', ({ elementString, path }) => {
    expect(pathOf(elementString)).toBe(path);
  });

  test.each([...CSET_82])('escapes "%s" unless it is unreserved', (character) => {
    const escaped = sgtinPath('09312345551927', character).slice('/01/09312345551927/21/'.length);
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    expect(escaped).toBe(/[A-Za-z0-9._~-]/.test(character) ? character : `%${code}`);
    expect(decodeURIComponent(escaped)).toBe(character);
  });
});
