const MAX_CHARACTERS = 120;

/**
 * Name of a downloaded file: the job's reference_id as far as file systems take it, else its id. Without separators
 * of paths, characters that Windows reserves, control and invisible ones, and dots or blanks at either end.
 */
export function downloadFileName(job: { id: string; referenceId: string | null }, extension: string): string {
  const cleaned = (job.referenceId ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[\\/:*?"<>|]/g, '_')
    .trim();
  const stem = Array.from(cleaned)
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  return `${stem || job.id}.${extension}`;
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
