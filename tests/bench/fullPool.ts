import { type Bed, MOST, newProduct, timeJob } from './bed';
import { ms, type Row } from './report';
import { median } from './timing';

const MORE = 100_000;
const ROUNDS = 9;

/** Whether a pool that has given out 20M codes is slower than an empty one: they take turns. */
export async function benchFullPool(bed: Bed): Promise<Row[]> {
  const full = await newProduct(bed, 3);
  await timeJob(bed, full, MOST);
  const inFull: number[] = [];
  const inEmpty: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    inEmpty.push(await timeJob(bed, await newProduct(bed, 100 + round), MORE));
    inFull.push(await timeJob(bed, full, MORE));
  }
  const [more, first] = [median(inFull), median(inEmpty)];
  return [
    {
      what: '100,000 codes in an empty pool / after 20M',
      measured: `${ms(first)} / ${ms(more)}`,
      target: 'within 10 %',
      met: more <= first * 1.1,
    },
  ];
}
