/** Whether a run is to stop: because it was asked to, or because it has lost its work folder. */
export class Stopping {
  private readonly asked = new AbortController();
  private readonly lost = new AbortController();

  /** @param signal stops the run */
  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener("abort", this.stop);
    if (signal.aborted) {
      this.stop();
    }
  }

  /** Aborts when the run is to stop. */
  get stopped(): AbortSignal {
    return this.asked.signal;
  }

  /** Whether its work folder was removed or is another run's, so that nothing may be written there. */
  get hasLostFolder(): boolean {
    return this.lost.signal.aborted;
  }

  readonly stop = (): void => {
    this.asked.abort();
  };

  readonly loseFolder = (): void => {
    this.lost.abort();
    this.stop();
  };

  /** Listens to the signal no longer. */
  close(): void {
    this.signal.removeEventListener("abort", this.stop);
  }
}
