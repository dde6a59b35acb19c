import { isDeepStrictEqual } from 'node:util';
import { until } from '../../../tests/support/until';
import type { WorkerContext } from '../dist/context';
import { sweep } from '../dist/sweep';
import { CHUNK_SIZE, enqueue, SLICE_SIZE, Workshop, work } from './support';

const LONG_AGO_S = 60;

describe('the metrics of a worker', () => {
  let workshop: Workshop;
  let context: WorkerContext;
  beforeEach(async () => {
    workshop = await Workshop.open();
    context = workshop.context();
  });
  afterEach(() => workshop.close());

  /** Values of a metric that are not 0, by their labels. */
  const values = async (name: string) => {
    const metric = await context.metrics.registry.getSingleMetric(name)?.get();
    const told = (metric?.values ?? []).filter(({ value }) => value !== 0);
    return Object.fromEntries(told.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
  };
  const count = async (histogram: string) => {
    const sample = new RegExp(`^${histogram}_count (\\d+)$`, 'm');
    return Number(sample.exec(await context.metrics.registry.metrics())?.[1]);
  };

  test('count codes by kind, and chunks with the time that they took', async () => {
    const codes = await workshop.accept({ quantity: 2 * SLICE_SIZE });
    const ssccs = await workshop.accept({
      type: 'sscc',
      product: null,
      quantity: CHUNK_SIZE,
      ssccCompanyPrefix: '0931234',
      ssccExtensionDigit: 3,
      ssccStartSerial: 0n,
    });
    const order = await workshop.order();
    work(context);
    await enqueue(context.queue, [...codes.sliceJobs, ...ssccs.sliceJobs, ...order.sliceJobs]);
    for (const { batchId } of [codes, ssccs]) await workshop.untilBatch(batchId, 'complete');
    await workshop.untilOrder(order.id);
    expect(await values('codemint_codes_made_total')).toEqual({
      sgtin: 2 * SLICE_SIZE,
      sscc: CHUNK_SIZE,
      adi: 10,
    });
    const chunks = (2 * SLICE_SIZE) / CHUNK_SIZE + 2;
    expect(await count('codemint_chunk_write_duration_seconds')).toBe(chunks);
    expect(await count('codemint_chunk_make_duration_seconds')).toBe(chunks);
    expect(await values('codemint_work_ended_total')).toEqual({ 'slices done': 4 });
  });

  test('count what the sweep puts back, and how work ends', async () => {
    const job = await workshop.accept({ quantity: 2 * SLICE_SIZE });
    await workshop.age(job.batchId, LONG_AGO_S);
    await sweep(context);
    expect(await values('codemint_work_requeued_total')).toEqual({ slices: 2 });
    const behind = `batch_offset <> ${SLICE_SIZE + CHUNK_SIZE}`;
    await workshop.database.pool.query(`ALTER TABLE chunk ADD CONSTRAINT broken CHECK (${behind})`);
    work(context);
    const ended = { 'slices done': 1, 'slices failed': 1 };
    const isSo = async () => isDeepStrictEqual(await values('codemint_work_ended_total'), ended);
    await until('one slice is done, one has failed', 20_000, isSo);
    expect(await values('codemint_codes_made_total')).toEqual({ sgtin: SLICE_SIZE + CHUNK_SIZE });
    expect(await values('codemint_slices')).toEqual({ failed: 1 });
    expect(await values('codemint_batches_in_error')).toEqual({ '': 1 });
  });
});
