/** Tests run from TypeScript; what they import from other packages is the built code. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/apps', '<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // These ship ES modules only.
  transformIgnorePatterns: [
    'node_modules/(?!(.pnpm/[^/]*/node_modules/)?(@noble|@prisma/schema-engine-wasm|@redocly/openapi-core)/)',
    // Prisma's client imports parts of itself dynamically, which Jest can only do in code that it has transformed.
    '/dist/(?!generated/)',
  ],
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
  modulePathIgnorePatterns: ['<rootDir>/.codemint'],
  testTimeout: 60_000,
  // Much of the time is waiting for locks and sweeps; each file has databases, servers and ports of its own.
  maxWorkers: 2,
};
