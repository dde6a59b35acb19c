// Makes codes for a product and saves them as CSV. Needs Node 20 or newer and nothing else.
//
//   export CODEMINT_URL=http://127.0.0.1:3000 CODEMINT_TOKEN=…
//   node examples/node.mjs /01/09312345551927 1000 codes.csv
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const [product, quantity, file = 'codes.csv'] = process.argv.slice(2);
const { CODEMINT_URL: url, CODEMINT_TOKEN: token } = process.env;

/** Calls the API; what it refuses is thrown with its own words. */
async function call(path, init = {}) {
  const response = await fetch(url + path, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });
  if (response.ok) return response;
  const { errors } = await response.json().catch(() => ({}));
  const reason = errors?.map(({ message }) => message).join(' ') ?? response.statusText;
  throw Object.assign(new Error(`${response.status}: ${reason}`), { status: response.status });
}

/** Reads: may be repeated, so what passes (429, 503, a lost connection) is tried again. */
async function read(path) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(path);
    } catch (error) {
      const mayPass = error.status === undefined || error.status === 429 || error.status === 503;
      if (!mayPass || attempt === 5) throw error;
      await sleep(1000 * attempt);
    }
  }
}

/** Shows the events of the job's progress, which are server-sent events, until their stream ends. */
async function showProgress(path) {
  const { body } = await read(`${path}/progress`);
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines.filter((one) => one.startsWith('data:'))) {
      const { status, created, quantity } = JSON.parse(line.slice('data:'.length));
      console.error(`${status}: ${created} of ${quantity} codes`);
    }
  }
}

/** The stream is for the eyes and may break: what counts is what the job itself says. */
async function waitForJob(path) {
  for (;;) {
    await showProgress(path).catch(() => sleep(1000));
    const { data: job } = await (await read(path)).json();
    if (job.status === 'complete') return;
    if (job.status === 'error') throw new Error(`The job failed: ${job.error_message}`);
  }
}

async function main() {
  if (!product || !quantity) throw new Error('usage: node node.mjs <product id> <quantity> [file]');
  if (!url || !token) throw new Error('CODEMINT_URL and CODEMINT_TOKEN have to be set.');

  // 1. Ask for the codes. The job is accepted or refused as a whole.
  const answer = await call('/items/identifier_job?fields=id', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'sgtin', product, quantity, length: 8 }),
  });
  const { data } = await answer.json();
  const path = `/items/identifier_job/${data.id}`;

  // 2. Wait for them.
  await waitForJob(path);

  // 3. Fetch them. The file has its name when it is whole.
  const { body } = await read(`${path}/codes.csv`);
  await pipeline(Readable.fromWeb(body), createWriteStream(`${file}.part`));
  await rename(`${file}.part`, file);
  console.log(file);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
