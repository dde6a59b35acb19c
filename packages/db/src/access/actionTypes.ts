import { BUILT_IN_ACTION_TYPES, ValidationError } from '@codemint/shared';
import type { Client, Database } from '../connection/database';

export interface ActionType {
  name: string;
  /** Null for those that are always there. */
  date_created: Date | null;
}

/** What is added begins with an underscore: no later built-in type will have its name. */
const ADDED_NAME = /^_\w{1,64}$/;

/**
 * Adds a type of actions, for all accounts.
 * @returns whether it is new
 * @throws ValidationError for a name that is not an underscore and 1 to 64 letters, digits or underscores
 */
export async function addActionType({ prisma }: Database, name: string): Promise<boolean> {
  if (!ADDED_NAME.test(name)) {
    throw ValidationError.of(
      'name',
      'format',
      'It has to be an underscore and 1 to 64 letters, digits or underscores after it.',
    );
  }
  const { count } = await prisma.action_type.createMany({ data: [{ name }], skipDuplicates: true });
  return count === 1;
}

/** All types of actions: the built-in ones, then the added ones by name. */
export async function listActionTypes({ prisma }: Database): Promise<ActionType[]> {
  const added = await prisma.action_type.findMany({ orderBy: { name: 'asc' } });
  return [...BUILT_IN_ACTION_TYPES.map((name) => ({ name, date_created: null })), ...added];
}

/** Whether a type of actions can have this name, be it there or not. */
export function couldBeActionType(name: string): boolean {
  return isBuiltIn(name) || ADDED_NAME.test(name);
}

function isBuiltIn(name: string): boolean {
  return BUILT_IN_ACTION_TYPES.some((builtIn) => builtIn === name);
}

/** Whether there is a type of actions with this name, whatever text that is. */
export async function isActionType(client: Client, name: string): Promise<boolean> {
  if (isBuiltIn(name)) return true;
  if (!couldBeActionType(name)) return false;
  const { rowCount } = await client.query('SELECT 1 FROM action_type WHERE name = $1', [name]);
  return rowCount === 1;
}
