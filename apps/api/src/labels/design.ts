import { InvalidQueryError } from '@codemint/shared';
import { type Bitmap, SYMBOLOGIES, type SymbolName } from './symbology';

/** Millimetres. */
export interface Size {
  width: number;
  height: number;
}

/** Where on a label things stand, in millimetres from its upper left corner. */
export interface Design {
  module: number;
  /** The symbol with its quiet zone, at the largest that one of the codes needs. */
  symbol: { x: number; y: number; height: number };
  /** Modules that stay light on each side. */
  quietZone: { across: number; down: number };
  text: { x: number; y: number; size: number; lineHeight: number; columns: number; lines: number };
}

/** What has to stand on each label of a file. */
export interface DesignRequest {
  label: Size;
  symbol: SymbolName;
  /** A symbol that needs no less room than any of them. */
  largest: Bitmap;
  /** Characters of the lines that people read, the most of each. */
  lines: readonly number[];
  /** Millimetres that a printer can draw; a module is some of them. 0: any length. */
  dot: number;
}

/** Printers of 203 dots an inch make a module of two dots: scanners and GS1's tables take no much smaller ones. */
export const SMALLEST_MODULE = 0.25;
const LARGEST_MODULE = 1;
/** Modules above it make a symbol no easier to scan, so that text may have the room. */
const AMPLE_MODULE = 0.5;
const BAR_HEIGHT = { least: 5, most: 32 };
const PADDING = 1;
const GAP = 1;
const TEXT_SIZES = [3, 2.5, 2, 1.6, 1.2];
const LINE_HEIGHT = 1.2;
/** Of all characters, by the size of the text. */
export const CHARACTER_WIDTH = 0.61;
/** Parts into which a line is broken beside a symbol, at most. */
const MOST_PARTS = 3;

/** Less than anybody can see; more than floating point numbers are wrong by. */
const ROUNDING = 1e-6;

interface Candidate extends Design {
  isBroken: boolean;
  /** There is a line more, for the name of the product. */
  hasSpare: boolean;
}

/**
 * Finds room for a symbol and its text, one beside or below the other, so that modules are ample, lines stay whole, there is a line
 * for the product's name, and the text is large, in this order.
 * @throws InvalidQueryError when the label is too small
 */
export function designLabel(request: DesignRequest): Design {
  const { symbol, label } = request;
  const candidates = TEXT_SIZES.flatMap((size) => [
    ...below(request, size),
    ...(SYMBOLOGIES[symbol].isLinear ? [] : beside(request, size)),
  ]);
  const [first, ...others] = candidates;
  if (first !== undefined) return others.reduce((best, one) => (isBetter(one, best) ? one : best), first);
  const { across, down } = modulesOf(request);
  const least = `${millimetres(across * SMALLEST_MODULE)} × ${millimetres(down === undefined ? BAR_HEIGHT.least : down * SMALLEST_MODULE)}`;
  throw new InvalidQueryError(
    `A label of ${millimetres(label.width)} × ${millimetres(label.height)} mm is too small: the ${symbol} symbol alone ` +
      `takes ${least} mm at ${SMALLEST_MODULE} mm a module, and the text has to stand beside or below it`,
  );
}

function millimetres(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const [a, b] = [one, other].map(({ module, isBroken, hasSpare, text }) => [
    Math.min(module, AMPLE_MODULE),
    isBroken ? 0 : 1,
    hasSpare ? 1 : 0,
    text.size,
    module,
  ]) as [number[], number[]];
  const at = a.findIndex((value, i) => value !== b[i]);
  return at !== -1 && (a[at] as number) > (b[at] as number);
}

/** Modules of the symbol with its quiet zones; undefined down: bars of any height. */
function modulesOf({ symbol, largest }: DesignRequest) {
  const { quietZone, isLinear } = SYMBOLOGIES[symbol];
  return {
    across: largest.columns + 2 * quietZone,
    down: isLinear ? undefined : largest.rows + 2 * quietZone,
  };
}

/** The largest module for so much room; undefined if it is too small. */
function fitModule(room: number, dot: number): number | undefined {
  const module = Math.min(room, LARGEST_MODULE);
  const fitted = dot > 0 ? Math.floor(module / dot + ROUNDING) * dot : module;
  return fitted >= SMALLEST_MODULE - ROUNDING ? fitted : undefined;
}

function linesNeeded(lines: readonly number[], columns: number): number {
  return lines.reduce((sum, length) => sum + Math.ceil(length / columns), 0);
}

function below(request: DesignRequest, size: number): Candidate[] {
  const [width, height] = insideOf(request.label);
  const { across, down } = modulesOf(request);
  const { quietZone } = SYMBOLOGIES[request.symbol];
  const lineHeight = size * LINE_HEIGHT;
  const columns = Math.floor(width / (size * CHARACTER_WIDTH));
  if (columns < 1) return [];
  const needed = linesNeeded(request.lines, columns);
  const left = height - GAP - needed * lineHeight;
  const module = fitModule(Math.min(width / across, down === undefined ? width : left / down), request.dot);
  if (module === undefined || (down === undefined && left < BAR_HEIGHT.least)) return [];
  // A line more, for the name of the product.
  const bars = Math.max(BAR_HEIGHT.least, Math.min(BAR_HEIGHT.most, left - lineHeight));
  const taken = down === undefined ? bars : down * module;
  const lines = linesIn(height - taken - GAP, lineHeight);
  const text = { x: PADDING, y: PADDING + taken + GAP, size, lineHeight, columns };
  return [
    {
      module,
      symbol: { x: PADDING, y: PADDING, height: taken },
      quietZone: { across: quietZone, down: down === undefined ? 0 : quietZone },
      text: { ...text, lines },
      hasSpare: lines > needed,
      isBroken: request.lines.some((length) => length > columns),
    },
  ];
}

function beside(request: DesignRequest, size: number): Candidate[] {
  const [width, height] = insideOf(request.label);
  const { across, down = 1 } = modulesOf(request);
  const { quietZone } = SYMBOLOGIES[request.symbol];
  const lineHeight = size * LINE_HEIGHT;
  const lines = linesIn(height, lineHeight);
  const longest = Math.max(...request.lines);
  const candidates: Candidate[] = [];
  for (let parts = 1; parts <= MOST_PARTS; parts++) {
    const room = width - GAP - Math.ceil(longest / parts) * size * CHARACTER_WIDTH;
    const module = fitModule(Math.min(room / across, height / down), request.dot);
    if (module === undefined) continue;
    const columns = Math.floor((width - GAP - across * module) / (size * CHARACTER_WIDTH) + ROUNDING);
    const needed = linesNeeded(request.lines, columns);
    if (needed > lines) continue;
    const y = PADDING + (height - down * module) / 2;
    candidates.push({
      module,
      symbol: { x: PADDING, y, height: down * module },
      quietZone: { across: quietZone, down: quietZone },
      text: { x: PADDING + across * module + GAP, y: PADDING, size, lineHeight, columns, lines },
      isBroken: longest > columns,
      hasSpare: lines > needed,
    });
  }
  return candidates;
}

function insideOf({ width, height }: Size): [number, number] {
  return [width - 2 * PADDING, height - 2 * PADDING];
}

function linesIn(height: number, lineHeight: number): number {
  return Math.floor(height / lineHeight + ROUNDING);
}
