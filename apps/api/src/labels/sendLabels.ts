import type { Audited } from '@codemint/db';
import type { Response } from 'express';
import { recordDownload } from '../audit/recordDownload';
import { attachment } from '../codes/fileName';
import { primed, sendParts } from '../codes/sendParts';
import { type Answer, written } from '../http/route';
import type { Scope } from '../items/scope';
import type { Size } from './design';
import { type DrawnLabel, drawLabels, type Label, type LabelRun, planLabels } from './drawnLabels';
import { productNames, readLabelCodes } from './labelCodes';
import { defaultSymbol, labelText, requireSymbol } from './labelText';
import { pdfParts } from './pdf';
import { type LabelQuery, type PdfQuery, RESOLUTIONS, type ZplQuery } from './query';
import { layoutOf } from './sheet';
import type { SymbolName } from './symbology';
import { zplParts } from './zpl';

/** Of which codes labels are asked for. */
export interface LabelSource {
  /** On unique_code, about jobs or reservations alone. */
  filter: object;
  /** Without its ending. */
  fileName(extension: string): string;
  /** What the audit log is told of them. */
  audited: Omit<Audited, 'action' | 'details'>;
  response: Response;
}

/** @throws InvalidQueryError for what cannot be printed so */
export async function sendPdf(scope: Scope, source: LabelSource, query: PdfQuery): Promise<Answer> {
  const asked = await labelsOf(scope, source, query);
  const layout = layoutOf(query, defaultSize(asked.symbol));
  const run = await planLabels(scope.context.symbols, { ...asked, label: layout.label, dot: 0 });
  return send(scope, source, run, {
    extension: 'pdf',
    contentType: 'application/pdf',
    parts: (labels) => pdfParts(layout, run.design, labels),
  });
}

/** @throws InvalidQueryError for what cannot be printed so */
export async function sendZpl(scope: Scope, source: LabelSource, query: ZplQuery): Promise<Answer> {
  const asked = await labelsOf(scope, source, query);
  const size = defaultSize(asked.symbol);
  const label = { width: query.width_mm ?? size.width, height: query.height_mm ?? size.height };
  const dots = RESOLUTIONS[query.dpi];
  const run = await planLabels(scope.context.symbols, { ...asked, label, dot: 1 / dots });
  return send(scope, source, run, {
    extension: 'zpl',
    contentType: 'application/zpl',
    parts: (labels) => zplParts(label, dots, run.design, labels),
  });
}

function defaultSize(symbol: SymbolName): Size {
  return symbol === 'gs1-128' ? { width: 100, height: 50 } : { width: 50, height: 30 };
}

async function labelsOf(
  scope: Scope,
  { filter }: LabelSource,
  query: LabelQuery,
): Promise<{ symbol: SymbolName; labels: Label[] }> {
  const codes = await readLabelCodes(scope, filter, query);
  const { symbol = defaultSymbol(codes[0].batch) } = query;
  for (const batch of new Set(codes.map((code) => code.batch))) requireSymbol(symbol, batch);
  const names = await productNames(scope.context.database.pool, codes);
  const labels = codes.map(({ batch, code }) => ({
    ...labelText(symbol, batch, code),
    name: names.get(batch.product) ?? null,
  }));
  return { symbol, labels };
}

interface LabelFile {
  extension: string;
  contentType: string;
  parts(labels: AsyncGenerator<DrawnLabel>): AsyncGenerator<Buffer | string>;
}

async function send(
  { context }: Scope,
  { fileName, audited, response }: LabelSource,
  run: LabelRun,
  { extension, contentType, parts }: LabelFile,
): Promise<Answer> {
  const headers = {
    'content-type': contentType,
    'content-disposition': attachment(fileName(extension)),
    'cache-control': 'private, no-cache',
  };
  if (response.req.method === 'HEAD') {
    response.set(headers).end();
    return written;
  }
  await recordDownload(context, response, { action: 'labels', ...audited, details: { format: extension } });
  const started = await primed(parts(drawLabels(context.symbols, run)));
  response.set(headers);
  await sendParts(response, started, false);
  return written;
}
