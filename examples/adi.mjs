// Orders identifiers for a product by the ADI dialect and saves them as CSV. Needs Node 20 or newer and nothing else.
// The client `evrythng` does the same: evrythng.setup({ apiUrl: 'http://127.0.0.1:3000' }).
//
//   export CODEMINT_URL=http://127.0.0.1:3000 CODEMINT_TOKEN=…
//   node examples/adi.mjs /01/09312345551927 1000 codes.csv
import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const [product, quantity, file = 'codes.csv'] = process.argv.slice(2);
const { CODEMINT_URL: url, CODEMINT_TOKEN: token } = process.env;

const TRIES = 5;

/**
 * Calls the API. What passes (429, 503, a lost connection) is tried again, which is safe for an order too: its
 * Idempotency-Key lets it be made once.
 */
async function call(address, init = {}) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await callOnce(address, init);
    } catch (error) {
      const mayPass = error.status === undefined || error.status === 429 || error.status === 503;
      if (!mayPass || attempt === TRIES) throw error;
      await sleep(1000 * attempt);
    }
  }
}

/** What the API refuses is thrown with its own words. */
async function callOnce(address, init) {
  const response = await fetch(address, init);
  if (response.ok) return response;
  const { errors = [response.statusText], code } = await response.json().catch(() => ({}));
  const message = `${response.status}${code === undefined ? '' : ` (${code})`}: ${errors.join(' ')}`;
  throw Object.assign(new Error(message), { status: response.status });
}

async function main() {
  if (!product || !quantity) throw new Error('usage: node adi.mjs <product id> <quantity> [file]');
  if (!url || !token) throw new Error('CODEMINT_URL and CODEMINT_TOKEN have to be set.');
  const authorization = token;

  // 1. Order the identifiers. The order is accepted or refused as a whole.
  const answer = await call(`${url}/adis/orders`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({
      purchaseOrder: 'Example',
      metadata: { identifierKey: 'gs1:21', product },
      idGeneration: { characterSet: 'AN-47', length: 8, quantity: Number(quantity) },
      fileMetadata: { csv: { columns: ['identifier', 'digitalLink'] } },
    }),
  });
  const { id } = await answer.json();

  // 2. Wait for them.
  let order;
  do {
    if (order !== undefined) await sleep(200);
    order = await (await call(`${url}/adis/orders/${id}`, { headers: { authorization } })).json();
    const { state, created, requested } = order.status;
    console.error(`${state}: ${created} of ${requested} codes`);
  } while (order.status.state !== 'completed');
  if (order.result !== 'SUCCEEDED') throw new Error(`The order has ${order.result}.`);

  // 3. Fetch the file: its link needs no token, and ends after 30 minutes.
  const csv = await (await call(order.results.identifiers.csv)).text();
  await writeFile(`${file}.part`, csv);
  await rename(`${file}.part`, file);
  console.log(file);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
