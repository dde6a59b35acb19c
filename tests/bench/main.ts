import { cpus, totalmem } from 'node:os';
import { type Bed, openBed } from './bed';
import { benchColumns } from './columns';
import { benchDialect } from './dialect';
import { benchExport } from './exportCodes';
import { benchFullPool } from './fullPool';
import { benchGenerator } from './generator';
import { benchLabels } from './labels';
import { benchLoad } from './load';
import { benchMemory } from './memory';
import { benchMillion } from './million';
import { benchOrders } from './orders';
import { benchRedirects } from './redirects';
import { megabytes, type Row, table } from './report';
import { benchStock } from './stock';

/** Parts by name; `npm run bench -- million memory` runs these alone. */
const STACK_PARTS: Record<string, (bed: Bed) => Promise<Row[]>> = {
  million: benchMillion,
  memory: benchMemory,
  'full-pool': benchFullPool,
  export: benchExport,
  columns: benchColumns,
  dialect: benchDialect,
  orders: benchOrders,
  redirects: benchRedirects,
  stock: benchStock,
  labels: benchLabels,
};

async function main(wanted: readonly string[]): Promise<void> {
  const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
  const cpu = cpus();
  console.log(`Node ${process.version}, ${cpu.length} × ${cpu[0]?.model}, ${megabytes(totalmem())}\n`);
  const rows: Row[] = isWanted('generator') ? await benchGenerator() : [];
  const parts = Object.entries(STACK_PARTS).filter(([name]) => isWanted(name));
  if (parts.length > 0) {
    const bed = await openBed();
    try {
      for (const [, part] of parts) rows.push(...(await part(bed)));
    } finally {
      await bed.stop();
    }
  }
  if (isWanted('load')) rows.push(...(await benchLoad()));
  console.log(table(rows));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
