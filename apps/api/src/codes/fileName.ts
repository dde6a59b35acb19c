const MAX_CHARACTERS = 120;

/**
 * Name of a downloaded file: the first of some names of which file systems take something, else the id. Without
 * separators of paths, characters that Windows reserves, control and invisible ones, and dots or blanks at either end.
 */
export function downloadFileName(id: string, names: readonly (string | null)[], extension: string): string {
  return `${names.map(cleaned).find((name) => name !== '') ?? id}.${extension}`;
}

function cleaned(name: string | null): string {
  const taken = (name ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[\\/:*?"<>|]/g, '_')
    .trim();
  return Array.from(taken)
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replace(/^[.\s]+|[.\s]+$/g, '');
}

/**
 * Content-Disposition of a file to be saved (RFC 6266): the name in ASCII, and where that loses something, the whole
 * of it in UTF-8 (RFC 8187).
 * @param fileName without quotes and backslashes, as `downloadFileName` makes it
 */
export function attachment(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]/gu, '_');
  const header = `attachment; filename="${plain}"`;
  if (plain === fileName) return header;
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${header}; filename*=UTF-8''${encoded}`;
}
