import { runCommand } from '../src/program';

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs `codemint` with these arguments and settings, and keeps what it says. */
export async function codemint(environment: Record<string, string>, ...args: string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const code = await runCommand(args, {
    environment,
    write: (text) => {
      out += text;
    },
    note: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}
