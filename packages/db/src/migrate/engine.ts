import { readFileSync } from 'node:fs';
import { bindMigrationAwareSqlAdapterFactory, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';

/** What the engine is told when the schema does not matter: to apply migrations it needs the provider only. */
export const EMPTY_SCHEMA = 'datasource db { provider = "postgresql" }';

/** All tables and enums are the engine's business. */
export const NO_FILTERS = { externalTables: [], externalEnums: [] };

// The glue code has one place for one instance, so a second one would cut off whoever still uses the first.
let isLoaded = false;

export interface OpenEngine {
  engine: glue.SchemaEngine;
  /** The first error that Prisma's adapter did not translate, of which the engine knows no more than a number. */
  causeOf(error: unknown): unknown;
}

/**
 * Prisma's schema engine as WebAssembly on an adapter. Unlike the engine's program it needs no download. What it
 * says about its work is dropped, errors come as exceptions.
 */
export async function openEngine(
  schema: string,
  connect: () => Promise<SqlDriverAdapter>,
): Promise<OpenEngine> {
  if (!isLoaded) loadEngine();
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect,
    connectToShadowDb: () => Promise.reject(new Error('There is no shadow database.')),
  });
  const causeOf = (error: unknown) => factory.errorRegistry.consumeError(0)?.error ?? error;
  try {
    const options = { datamodels: [['schema.prisma', schema]] as [string, string][] };
    return { engine: await glue.SchemaEngine.new(options, () => {}, factory), causeOf };
  } catch (error) {
    throw causeOf(error);
  }
}

/** The part of the standard object that is used here; its types come only with those of browsers. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

/** The package's own entry leaves the loading of the module to a bundler; this does it for Node. */
function loadEngine(): void {
  const gluePath = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = new WebAssembly.Module(readFileSync(gluePath.replace(/\.js$/, '.wasm')));
  const imports = Object.entries(glue).map(([name, value]) => [
    name,
    name.startsWith('__wbg_setTimeout_') ? setIdleTimeout : value,
  ]);
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': Object.fromEntries(imports) });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  isLoaded = true;
}

/** The engine never clears the 10 s that it gives itself to get its lock; the process need not live for them. */
function setIdleTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(callback, delayMs).unref();
}
