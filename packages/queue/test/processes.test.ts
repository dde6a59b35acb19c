import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { describeBackends, Openings, slice, startServer, until } from './support';

interface Message {
  taken?: string;
  warned?: string;
  ready?: true;
  closed?: true;
}

describeBackends('queues of several processes', (kind) => {
  const openings = new Openings();
  afterEach(() => openings.close());

  /** Runs a fixture, which uses the built package. */
  function start(fixture: string, ...payload: object[]): { child: ChildProcess; messages: Message[] } {
    const parameters = payload.map((part) => JSON.stringify(part));
    const child = fork(join(__dirname, 'fixtures', fixture), parameters);
    const messages: Message[] = [];
    child.on('message', (message: Message) => void messages.push(message));
    openings.onClose(async () => child.kill('SIGKILL'));
    return { child, messages };
  }

  test('many that start at once on nothing all work', async () => {
    const place = await openings.place(kind);
    const users = [1, 2, 3, 4].map((sliceId) => start('firstUser.cjs', place, slice(sliceId)));
    await until(() => users.every(({ child }) => child.exitCode !== null), 30_000);
    expect(users.map(({ child }) => child.exitCode)).toEqual([0, 0, 0, 0]);
    const messages = users.flatMap((user) => user.messages);
    expect(messages.filter(({ warned }) => warned !== undefined)).toEqual([]);
    expect(messages.map(({ taken }) => taken).sort()).toEqual(['1', '2', '3', '4']);
  });

  test('the slice of a worker that was killed runs elsewhere and is no failure', async () => {
    const place = await openings.place(kind);
    const producer = openings.backend(place);
    const { child, messages } = start('stuckWorker.cjs', place);
    await producer.add([slice(1)], { timeoutMs: 5000 });
    await until(() => messages.length === 1, 10_000);
    const taken: string[] = [];
    openings
      .backend(place, 'consumer')
      .consumeSlices(async (job) => void taken.push(job.sliceId), { concurrency: 1 });
    child.kill('SIGKILL');
    await until(() => taken.length === 1, 20_000);
    await until(async () => (await producer.jobState(slice(1))) === 'completed', 5000);
  });

  test.each(['at once', 'while it listens', 'while the server stands still'])(
    'told to close %s ends by itself',
    async (when) => {
      const { server, place } = await startServer(kind);
      openings.onClose(() => server.stop());
      const { child, messages } = start('allQueues.cjs', place, { isPatient: when !== 'at once' });
      await until(() => messages.some(({ ready }) => ready), 20_000);
      if (when === 'while the server stands still') server.freeze();
      openings.onClose(async () => server.thaw());
      child.send('close');
      await until(() => messages.some(({ closed }) => closed), 10_000);
      await until(() => child.exitCode !== null, 10_000);
      expect(child.exitCode).toBe(0);
    },
  );
});
