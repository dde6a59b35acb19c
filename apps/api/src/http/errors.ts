import { CodemintError } from '@codemint/shared';

/** The token is not one of ours, or its holder is suspended; also where only a token tells what is asked for. */
export class InvalidCredentialsError extends CodemintError {
  constructor() {
    super('Invalid user credentials.');
  }
}

/** Nothing is served at this path. */
export class RouteNotFoundError extends CodemintError {
  constructor(readonly path: string) {
    super(`Route ${path} doesn't exist.`);
  }
}

/** So many of these are under way that the caller has to wait. */
export class TooManyRequestsError extends CodemintError {
  /** @param retryAfterSeconds when it is known how long */
  constructor(
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** A request that does not come whole, or not within its bounds. */
export class UnreadableRequestError extends CodemintError {
  constructor(
    readonly status: 400 | 408 | 413 | 414 | 431,
    message: string,
  ) {
    super(message);
  }
}

/** One of the items of a request is refused; `index` is its place in a list, null where there was one item alone. */
export interface Rejection {
  readonly index: number | null;
  readonly error: CodemintError;
}

/** Items are refused for all the reasons at once, and nothing was done. */
export class RejectedItemsError extends CodemintError {
  constructor(readonly rejections: readonly Rejection[]) {
    super(rejections.map(({ error }) => error.message).join(' '));
  }
}
