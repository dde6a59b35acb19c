/** Does something once for all who ask for it meanwhile. */
export class Joined<Result> {
  #running: Promise<Result> | undefined;

  join(work: () => Promise<Result>): Promise<Result> {
    this.#running ??= work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
