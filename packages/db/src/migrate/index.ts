export { schemaDiff } from './diff';
export { MigrationError, migrate } from './migrate';
export { NewerSchemaError, type SchemaState, schemaState, waitForSchema } from './state';
