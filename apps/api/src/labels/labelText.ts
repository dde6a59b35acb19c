import {
  escapeLinkValue,
  formatElementString,
  InvalidQueryError,
  logisticUnit,
  parseProductKey,
  serialIssue,
  type Unreadable,
} from '@codemint/shared';
import type { CodeBatch } from '../codes/codeBatch';
import { linkHeads } from '../codes/links';
import { SYMBOL_NAMES, type SymbolName, type SymbolText } from './symbology';

/** What a label says of a code. */
export interface LabelText extends SymbolText {
  /** Human-readable interpretation: an element a line, or the link. */
  lines: readonly string[];
}

/** The symbol of codes of that type where none is asked for. */
export function defaultSymbol({ type }: Pick<CodeBatch, 'type'>): SymbolName {
  return type === 'sscc' ? 'gs1-128' : 'qr';
}

/** @throws InvalidQueryError where codes of that type have no such symbol */
export function requireSymbol(symbol: SymbolName, { type }: Pick<CodeBatch, 'type'>): void {
  if (symbol === 'qr' || type !== 'short_code') return;
  const [qr, ...others] = SYMBOL_NAMES;
  throw new InvalidQueryError(
    `"symbol" must be "${qr}" for short codes: they have no GS1 element string, which [${others.join(', ')}] are of`,
  );
}

/**
 * What the label of a code of a batch says: a QR code the link, the other symbols the element string; people read the
 * element string, or the link where there is none.
 * @throws InvalidQueryError where the code cannot stand in an element string
 */
export function labelText(
  symbol: SymbolName,
  batch: Pick<CodeBatch, 'type' | 'path' | 'linkHost'>,
  code: string,
): LabelText {
  const elements = elementText(batch, code);
  if (symbol !== 'qr') {
    if (!('error' in elements)) return elements;
    throw new InvalidQueryError(
      `Code ${JSON.stringify(code)} cannot stand in a GS1 element string. ${elements.error}`,
    );
  }
  const link = { head: linkHeads(batch).digitalLink, tail: escapeLinkValue(code) };
  return { ...link, lines: 'error' in elements ? [link.head + link.tail] : elements.lines };
}

function elementText({ type, path }: Pick<CodeBatch, 'type' | 'path'>, code: string): LabelText | Unreadable {
  if (type === 'short_code') return { error: 'Short codes have none.' };
  const key = (path === null ? null : parseProductKey(path))?.key ?? '';
  const issue = type === 'sscc' ? logisticUnit(code) : serialIssue(type, code);
  if (issue !== undefined && 'error' in issue) return issue;
  const bracketed = formatElementString({ kind: type, key, serial: '' });
  const lines = bracketed.match(/\(\d+\)\d*/g) ?? [];
  return {
    // Only the last element can have any length, so no FNC1 stands between them.
    head: bracketed.replace(/[()]/g, ''),
    tail: code,
    lines: [...lines.slice(0, -1), lines.at(-1) + code],
  };
}
