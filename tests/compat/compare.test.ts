import { compareAnswers, Fits, Twins } from './compare';
import type { RecordedResponse } from './recording';

const SEEDED = '00000000-0000-4000-8000-000000000001';
const [A, B] = ['aaaaaaaa-1111-4111-8111-111111111111', 'bbbbbbbb-1111-4111-8111-111111111111'];
const [OURS_A, OURS_B] = ['11111111-2222-4222-8222-222222222222', '99999999-2222-4222-8222-222222222222'];

function compare(recorded: RecordedResponse, got: unknown, twins = new Twins(SEEDED), headers = {}) {
  const text = typeof got === 'string' ? got : JSON.stringify(got);
  return compareAnswers(recorded, { status: 200, headers, text }, twins);
}

describe('an answer held against a recorded one', () => {
  it('tells where they differ', () => {
    const recorded = {
      status: 403,
      headers: { allow: 'GET' },
      body: { data: [{ id: SEEDED, quantity: 4 }] },
    };
    expect(compare(recorded, { data: [{ id: SEEDED, quantity: '4', more: null }] })).toEqual([
      { path: 'status', expected: 403, got: 200 },
      { path: 'headers.allow', expected: 'GET', got: undefined },
      { path: 'body.data[0].quantity', expected: 4, got: '4' },
      { path: 'body.data[0].more', expected: undefined, got: null },
    ]);
  });

  it('may have other ids and times of now where a server made them', () => {
    const recorded = { status: 200, body: { id: A, date_created: '2020-01-05T10:00:00.123Z' } };
    expect(compare(recorded, { id: OURS_A, date_created: new Date().toISOString() })).toEqual([]);
    expect(compare(recorded, { id: OURS_A, date_created: '2020-01-05T10:00:00.124Z' })).toHaveLength(1);
  });

  it('has the same id for the same thing, and the ids of the seed', () => {
    const twins = new Twins(SEEDED);
    expect(compare({ status: 200, body: { id: A } }, { id: OURS_A }, twins)).toEqual([]);
    expect(compare({ status: 200, body: { id: A } }, { id: OURS_B }, twins)).toHaveLength(1);
    expect(compare({ status: 200, body: { id: SEEDED } }, { id: OURS_A }, twins)).toHaveLength(1);
    expect(twins.translate({ path: `/items/identifier_job/${A}` })).toEqual({
      path: `/items/identifier_job/${OURS_A}`,
    });
  });

  it('may have items in another order if servers made their ids', () => {
    const body = [
      { id: A, quantity: 1 },
      { id: B, quantity: 2 },
    ];
    const got = [
      { id: OURS_A, quantity: 2 },
      { id: OURS_B, quantity: 1 },
    ];
    expect(compare({ status: 200, body }, got)).toEqual([]);
    const twins = new Twins(A + B);
    expect(compare({ status: 200, body }, [...body].reverse(), twins)).toHaveLength(4);
  });

  it('may have another time in the name of a file', () => {
    const name = (time: string) => ({ 'content-disposition': `attachment; filename="x ${time}.csv"` });
    const now = new Date()
      .toISOString()
      .replace(/[-:]|\..*/g, '')
      .replace('T', '-');
    const recorded = { status: 200, headers: name('20261121-203010'), text: 'a\n' };
    expect(compare(recorded, 'a\n', new Twins(''), name(now))).toEqual([]);
    expect(compare(recorded, 'a', new Twins(''), name(now))).toHaveLength(1);
  });

  it('passes where a rule says what fits', () => {
    const body = { errors: new Fits('a list', Array.isArray) };
    expect(compare({ status: 200, body }, { errors: [] })).toEqual([]);
    expect(compare({ status: 200, body }, { data: [] })).toHaveLength(2);
  });
});
