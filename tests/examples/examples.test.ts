import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type Stack, startApps } from '../support/stack';

const FOLDER = resolve(__dirname, '../../examples');
const PRODUCT = '/01/09312345551927';
const QUANTITY = 1234;

interface Example {
  file: string;
  command: string;
  /** Programs that it needs. */
  needs: string[];
  /** Of the file that it saves. */
  header: string;
}

const EXAMPLES: Example[] = [
  { file: 'curl.sh', command: 'bash', needs: ['bash', 'curl'], header: 'code,digital_link' },
  { file: 'node.mjs', command: process.execPath, needs: [], header: 'code,digital_link' },
  { file: 'adi.mjs', command: process.execPath, needs: [], header: 'identifier,digitalLink' },
  { file: 'python.py', command: 'python3', needs: ['python3'], header: 'code,digital_link' },
];

let folder: string;
let database: TestDatabase;
let stack: Stack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'codemint-examples-'));
  database = await createTestDatabase();
  stack = await startApps({ connectionString: database.connectionString });
  const response = await fetch(`${stack.url}/items/product`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.adminToken}` },
    body: JSON.stringify({ id: PRODUCT, gtin: '09312345551927' }),
  });
  if (!response.ok) throw new Error(await response.text());
});

afterAll(async () => {
  await stack?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Why an example cannot run here, or undefined if it can. */
function obstacle({ needs }: Example): string | undefined {
  const missing = needs.filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found`;
}

function run({ file, command }: Example, environment: Record<string, string>, ...args: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((fulfil) => {
    const env = { PATH: process.env.PATH ?? '', ...environment };
    const child = execFile(command, [join(FOLDER, file), ...args], { env }, (_error, out, err) => {
      fulfil({ code: child.exitCode ?? -1, out, err });
    });
  });
}

const access = () => ({ CODEMINT_URL: stack.url, CODEMINT_TOKEN: stack.adminToken });

describe.each(EXAMPLES)('$file', (example) => {
  const reason = obstacle(example);
  const testOrSkip = reason === undefined ? test : test.skip;
  const because = reason === undefined ? '' : ` (skipped: ${reason})`;

  testOrSkip(`makes codes and saves them${because}`, async () => {
    const file = join(folder, `${example.file}.csv`);
    const { code, out, err } = await run(example, access(), PRODUCT, String(QUANTITY), file);
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(new RegExp(`completed?: ${QUANTITY} of ${QUANTITY} codes`)),
    });
    expect(out).toBe(`${file}\n`);
    const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
    expect(header).toBe(example.header);
    expect(new Set(lines).size).toBe(QUANTITY);
    for (const line of lines)
      expect(line).toMatch(/^[0-9A-Za-z]{8},https:\/\/\S+\/01\/09312345551927\/21\/[0-9A-Za-z]{8}$/);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  testOrSkip(`shows why a job is refused${because}`, async () => {
    const file = join(folder, `${example.file}.refused.csv`);
    const { code, out, err } = await run(example, access(), '/01/09312345551934', '10', file);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('/01/09312345551934');
    const unknown = { ...access(), CODEMINT_TOKEN: 'nobody-has-this-token' };
    expect(await run(example, unknown, PRODUCT, '10', file)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Invalid user credentials|INVALID_CREDENTIALS|token of this installation/),
    });
    expect(existsSync(file)).toBe(false);
  });

  testOrSkip(`tells what it needs${because}`, async () => {
    const { code, err } = await run(example, {}, PRODUCT, '10');
    expect(code).toBe(1);
    expect(err).toContain('CODEMINT_URL');
    expect((await run(example, access(), PRODUCT)).err).toContain('usage: ');
  });
});
