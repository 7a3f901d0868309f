import { join } from "node:path";
import type { Exit } from "../../dragonfly/child.ts";
import type { PodMemory } from "../../dragonfly/container.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { recordEvent } from "../events.ts";
import type { PodView } from "../views.ts";
import { createLogBuffer, type LogBuffer } from "./log-buffer.ts";
import { type Blocked, isBlocked, mountedVersions, podInputs, refreshFiles } from "./pod-files.ts";
import type { Termination } from "./pod-status.ts";
import { type ProgramSettings, startProgram } from "./programs.ts";
import type { RunningContainer } from "./running-container.ts";

/** A pod's container from one start to the next, as its kubelet knows it. */
export interface Runner {
  pod: PodView;
  readonly ip: string;
  readonly memory: PodMemory;
  readonly startTime: Date;
  starts: number;
  running: RunningContainer | undefined;
  ready: boolean;
  restarts: number;
  crashes: number;
  last: Termination | undefined;
  startAt: number;
  held: boolean;
  blocked: Blocked | undefined;
  oom: boolean;
  /** Versions of what it has mounted. */
  mounted: string;
  log: LogBuffer;
  previousLog: LogBuffer | undefined;
}

export interface RunnerOptions extends ProgramSettings {
  readonly objects: ObjectStore;
  /** Before the first restart; doubles with every further one, up to five minutes as in Kubernetes. */
  readonly restartDelayMs: number;
  /** Something changed that the controllers want to know. */
  readonly onChange: () => void;
}

/** What is done with the containers of pods; when, the kubelet says. */
export interface Runners {
  /** Starts the container, or leaves in `blocked` what it waits for. */
  start(runner: Runner): void;
  /** Gives what runs the files of now, when what it has mounted has changed. */
  refresh(runner: Runner): void;
  /** Ends the container, by SIGKILL when it takes longer than `graceMs`. */
  end(runner: Runner, graceMs: number): Promise<unknown>;
  /** A warning event of the pod. */
  say(runner: Runner, reason: string, message: string): void;
  /** When all that was being ended has ended. */
  settled(): Promise<unknown>;
}

const longestDelayMs = 300_000;
/** A container that ran this long has its back-off forgotten (ten minutes in Kubernetes). */
const steadyMs = 600_000;

export function newRunner(pod: PodView, ip: string): Runner {
  return {
    pod,
    ip,
    memory: { formerIds: new Set(), cutOff: new Set() },
    startTime: new Date(),
    starts: 0,
    running: undefined,
    ready: false,
    restarts: 0,
    crashes: 0,
    last: undefined,
    startAt: 0,
    held: false,
    blocked: undefined,
    oom: false,
    mounted: "",
    log: createLogBuffer(),
    previousLog: undefined,
  };
}

export function createRunners(options: RunnerOptions): Runners {
  const { objects } = options;
  const ending = new Set<Promise<unknown>>();

  const filesOf = ({ pod }: Runner) => join(options.volumes, ".pods", pod.metadata.uid);

  const refresh = (runner: Runner) => {
    if (runner.running === undefined) return;
    const versions = mountedVersions(objects, runner.pod);
    if (versions === runner.mounted) return;
    runner.mounted = versions;
    refreshFiles(objects, runner.pod, filesOf(runner));
  };

  const start = (runner: Runner) => {
    const inputs = podInputs(objects, runner.pod, filesOf(runner));
    runner.mounted = mountedVersions(objects, runner.pod);
    runner.blocked = isBlocked(inputs) ? inputs : undefined;
    if (isBlocked(inputs)) return;
    if (runner.starts > 0) runner.restarts++;
    runner.starts++;
    if (runner.starts > 1) runner.previousLog = runner.log;
    const log = createLogBuffer();
    runner.log = log;
    const { pod, ip, memory } = runner;
    const running = startProgram(options, { pod, inputs, ip, memory, onLine: log.add });
    runner.running = running;
    runner.ready = false;
    running.ready.then(
      () => {
        if (runner.running === running) runner.ready = true;
        options.onChange();
      },
      // It ended before it was ready: `exited` says the rest.
      () => undefined,
    );
    void running.exited.then((exit) => {
      if (runner.running !== running) return;
      ended(runner, running, exit);
      options.onChange();
    });
  };

  const ended = (runner: Runner, running: RunningContainer, exit: Exit) => {
    const ranMs = exit.at.getTime() - running.startedAt.getTime();
    runner.crashes = ranMs > steadyMs ? 1 : runner.crashes + 1;
    runner.running = undefined;
    runner.ready = false;
    const restarts = runner.pod.spec.restartPolicy === "Always";
    const container = runner.pod.spec.containers[0]?.name ?? "";
    if (restarts)
      say(runner, "BackOff", `Back-off restarting failed container ${container} in pod ${runner.pod.metadata.name}`);
    runner.last = {
      reason: runner.oom ? "OOMKilled" : exitCode(exit) === 0 ? "Completed" : "Error",
      exitCode: exitCode(exit),
      startedAt: running.startedAt,
      finishedAt: exit.at,
    };
    runner.oom = false;
    runner.held ||= !restarts;
    runner.startAt = Date.now() + Math.min(options.restartDelayMs * 2 ** (runner.crashes - 1), longestDelayMs);
  };

  const say = ({ pod }: Runner, reason: string, message: string) =>
    recordEvent(objects, { kind: "Pod", metadata: pod.metadata }, { type: "Warning", reason, message });

  const end = (runner: Runner, graceMs: number): Promise<unknown> => {
    const { running } = runner;
    if (running === undefined) return Promise.resolve();
    running.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
    const timer = setTimeout(() => running.kill("SIGKILL"), graceMs);
    const gone = running.exited.finally(() => clearTimeout(timer));
    ending.add(gone);
    return gone.finally(() => ending.delete(gone));
  };

  return { start, refresh, end, say, settled: () => Promise.all(ending) };
}

/** 128 plus the signal, as a shell and the kubelet count. */
function exitCode({ code, signal }: Exit): number {
  if (code !== null) return code;
  return signal === "SIGKILL" ? 137 : signal === "SIGTERM" ? 143 : 1;
}
