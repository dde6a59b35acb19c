import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRedis } from '../support/redis';
import { openBed } from './bed';
import { table } from './report';
import { SoakLoad } from './soakLoad';
import { soakReport } from './soakReport';
import { progressLine, type Sample, takeSample } from './soakSample';

const MINUTE_MS = 60_000;
const LEAST_MINUTES = 3;
const API_AND_WORKERS = { apis: 1, workers: 2 };

/**
 * A mixed load for a long time, so small that the machine stays usable; tells how memory, connections, latencies and
 * tables were in the second minute, when all is warm, and how in the last.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      /** Requests a second. */
      rate: { type: 'string', default: '5' },
      /** The queue in a Redis of this run, else in Postgres. */
      redis: { type: 'boolean', default: false },
    },
  });
  const [minutes, perSecond] = [Number(values.minutes), Number(values.rate)];
  if (!(minutes >= LEAST_MINUTES && perSecond > 0)) {
    throw new Error(`--minutes must be at least ${LEAST_MINUTES}, --rate more than 0`);
  }
  const redis = values.redis ? await startRedis() : undefined;
  const bed = await openBed({
    ...API_AND_WORKERS,
    redisUrl: redis?.url,
    environment: { WORKER_HEALTH_PORT: '0' },
  });
  try {
    const load = await SoakLoad.open(bed, perSecond);
    const samples: Sample[] = [];
    while (samples.length < minutes) {
      await sleep(MINUTE_MS);
      samples.push(await takeSample(bed, load.takeLatencies()));
      console.error(progressLine(samples));
    }
    await load.stop();
    for (const failure of load.failures.slice(0, 10)) console.error(failure);
    console.log(table(soakReport(samples, load)));
  } finally {
    await bed.stop();
    await redis?.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
