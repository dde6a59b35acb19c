import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../src/sample/apiClient';
import { followJob, type JobProgress } from '../src/sample/followJob';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function follow(listener: RequestListener): Promise<JobProgress[]> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { signal } = new AbortController();
  const api = new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token', signal);
  const seen: JobProgress[] = [];
  for await (const progress of followJob(api, 'some-job', signal)) seen.push(progress);
  return seen;
}

const halfWay = { status: 'in_progress', quantity: 10, created: 5 };
const complete = { status: 'complete', quantity: 10, created: 10 };

test('reads the events of the stream, wherever they are cut', async () => {
  const seen = await follow(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = `: hello\n\nevent: progress\ndata: ${JSON.stringify(halfWay)}\n\ndata:${JSON.stringify(complete)}\r\n\r\n`;
    for (const character of text) {
      await new Promise((resolve) => response.write(character, resolve));
    }
  });
  expect(seen).toEqual([halfWay, complete]);
});

test('reads the job itself when the stream breaks', async () => {
  const seen = await follow((request, response) => {
    if (request.url?.endsWith('/progress')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(halfWay)}\n\ndata: {"sta`, () =>
        setImmediate(() => response.destroy()),
      );
    } else {
      response.end(JSON.stringify({ data: { status: 'complete', quantity: 10, quantity_created: 10 } }));
    }
  });
  expect(seen.at(-1)).toEqual(complete);
});

test('says what the API answers when it refuses', async () => {
  const refusal = { errors: [{ message: 'Not for you.', extensions: { code: 'FORBIDDEN' } }] };
  const following = follow((_request, response) => {
    response.writeHead(403).end(JSON.stringify(refusal));
  });
  await expect(following).rejects.toThrow('Not for you.');
});
