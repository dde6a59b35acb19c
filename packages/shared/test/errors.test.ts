import {
  CodemintError,
  ConflictError,
  ForbiddenError,
  NotUniqueError,
  SpaceExhaustedError,
  UnknownReferenceError,
  ValidationError,
} from '../src/errors';

describe('errors', () => {
  test('bear the name of their class', () => {
    const error = new ForbiddenError('No.');
    expect(error).toBeInstanceOf(CodemintError);
    expect(error.name).toBe('ForbiddenError');
    expect(new ConflictError('Not yet.').name).toBe('ConflictError');
  });

  test('a validation error tells every broken rule', () => {
    const error = new ValidationError([
      { field: 'length', rule: 'gte', message: 'Too short.', valid: 6 },
      { field: 'quantity', rule: 'lte', message: 'Too many.' },
    ]);
    expect(error.message).toBe('Too short. Too many.');
    expect(ValidationError.of('length', 'gte', 'Too short.', 6).issues).toEqual([error.issues[0]]);
  });

  test('messages name field, collection and value', () => {
    expect(new NotUniqueError('product', 'id', '/01/1', 'Take another.').message).toBe(
      'Value "/01/1" for field "id" in collection "product" has to be unique. Take another.',
    );
    expect(new UnknownReferenceError('identifier_job', 'product', 'x').message).toBe(
      'Invalid foreign key "x" for field "product" in collection "identifier_job".',
    );
  });

  test('an exhausted space tells what is left and what would do', () => {
    expect(new SpaceExhaustedError(3, 10, 7).message).toContain('only 3 are left');
    expect(new SpaceExhaustedError(3, 10, 7).message).toContain('Length 7');
    expect(new SpaceExhaustedError(3, 10, null).message).not.toContain('Length');
  });
});
