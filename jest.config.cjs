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
  // @noble/ciphers ships ES modules only.
  transformIgnorePatterns: ['node_modules/(?!(.pnpm/[^/]*/node_modules/)?@noble/)', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.codemint'],
  testTimeout: 60_000,
};
