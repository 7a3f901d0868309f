export interface Loop {
  /** Runs soon; many calls at once are one run. */
  poke(): void;
  stop(): void;
}

/** Runs `step` when poked and every `everyMs`, never inside itself. A step that throws is told to `onError`. */
export function createLoop(step: () => void, everyMs: number, onError: (error: unknown) => void): Loop {
  let pending = false;
  let stopped = false;
  const run = () => {
    pending = false;
    if (stopped) return;
    try {
      step();
    } catch (error) {
      onError(error);
    }
  };
  const poke = () => {
    if (pending || stopped) return;
    pending = true;
    setImmediate(run);
  };
  const timer = setInterval(poke, everyMs);
  return {
    poke,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
