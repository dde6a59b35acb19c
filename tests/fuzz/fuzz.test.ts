import { createTestDatabase } from '../support/postgres';
import { describeReport, servedShare } from './report';
import { fuzz } from './run';

const REQUESTS = 20_000;
const SEED = 7;

/** Chance may have deleted what a rare request needs each time before it came. */
const MOST_NEVER_SERVED = 3;
/** Else they are refused before they come to what they are for. */
const LEAST_SERVED = 0.3;

test('20,000 random requests are answered as they should, and leave everything in order', async () => {
  const { connectionString, drop } = await createTestDatabase();
  try {
    const report = await fuzz({ connectionString, seed: SEED, requests: REQUESTS });
    const { findings, faults, neverServed } = report;
    if (findings.length + faults.length > 0) throw new Error(describeReport(report).join('\n'));
    expect(servedShare(report)).toBeGreaterThan(LEAST_SERVED);
    expect(neverServed.slice(MOST_NEVER_SERVED)).toEqual([]);
  } finally {
    await drop();
  }
}, 300_000);
