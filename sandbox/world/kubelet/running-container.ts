import type { Exit } from "../../dragonfly/child.ts";
import type { PodMemory, StoreContainer } from "../../dragonfly/container.ts";
import type { PodView } from "../views.ts";
import type { PodInputs } from "./pod-files.ts";

/** A started container: a real store process, or a stand-in for a program that the world plays itself. */
export interface RunningContainer {
  readonly startedAt: Date;
  /** Resolves when the readiness probe would succeed. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  readonly store: StoreContainer | undefined;
}

export interface StartOptions {
  readonly pod: PodView;
  readonly inputs: PodInputs;
  readonly ip: string;
  readonly memory: PodMemory;
  readonly onLine: (line: string) => void;
}
