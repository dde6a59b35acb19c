// Audits what runs in production, as the lockfile has it: known vulnerabilities of severity high or above, and licences
// that ask for more than to be named. Where the registry does not tell of vulnerabilities it says so and goes on.
import { spawnSync } from 'node:child_process';
import { PNPM, root } from './setup.mjs';

const SEVERE = ['high', 'critical'];

const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Python-2.0'];
/** Packages that do not say theirs in the way of SPDX: fonts, under the licence of Bitstream Vera. */
const READ_BY_US = ['dejavu-fonts-ttf'];

const problems = [...vulnerabilities(), ...foreignLicences()];
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function vulnerabilities() {
  const { json, errors } = pnpm('audit', '--prod', '--ignore-registry-errors');
  if (json === undefined || /responded with/.test(errors)) {
    const reason = /responded with \d+/.exec(errors)?.[0] ?? 'did not answer';
    console.log(`The registry ${reason}: dependencies are not audited for vulnerabilities.`);
    return [];
  }
  return Object.values(json.advisories)
    .filter(({ severity }) => SEVERE.includes(severity))
    .map(({ severity, module_name, title, url }) => `${severity}: ${module_name}: ${title} (${url})`);
}

function foreignLicences() {
  const { json, errors } = pnpm('--recursive', 'licenses', 'list', '--prod');
  if (json === undefined) return [`The licences cannot be listed: ${errors}`];
  return Object.entries(json)
    .filter(([licence]) => !LICENCES.includes(licence))
    .flatMap(([licence, packages]) => packages.map(({ name }) => ({ licence, name })))
    .filter(({ name }) => !READ_BY_US.includes(name))
    .map(({ licence, name }) => `licence: ${name}: ${licence}`);
}

function pnpm(...args) {
  const { stdout, stderr } = spawnSync('npx', ['-y', PNPM, ...args, '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  try {
    return { json: JSON.parse(stdout), errors: stderr };
  } catch {
    return { json: undefined, errors: stderr };
  }
}
