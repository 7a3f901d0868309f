import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Exit } from "../../dragonfly/child.ts";
import type { PodMemory, StoreContainer } from "../../dragonfly/container.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import type { PodRuntime } from "../../kubernetes/server.ts";
import { recordEvent } from "../events.ts";
import { places } from "../places.ts";
import { getView, listViews, type PodView, podView } from "../views.ts";
import { createEphemeralContainers } from "./ephemeral.ts";
import { createLogBuffer, type LogBuffer } from "./log-buffer.ts";
import { type Blocked, isBlocked, mountedVersions, podInputs, refreshFiles } from "./pod-files.ts";
import { podStatus, type Termination } from "./pod-status.ts";
import { canPull, type ProgramSettings, startProgram } from "./programs.ts";
import type { RunningContainer } from "./running-container.ts";

/** All kubelets of a cluster in one: runs the containers of scheduled pods and reports what became of them. */
export interface Kubelet {
  /** Starts, restarts and ends what the objects and the clock ask for, and writes every pod's status. */
  sync(): void;
  readonly runtime: PodRuntime;
  container(namespace: string, pod: string): StoreContainer | undefined;
  /** Ends the container as the kernel or a crash would; the kubelet restarts it. */
  kill(namespace: string, pod: string, why: "crash" | "oom"): void;
  signal(namespace: string, pod: string, signal: "SIGSTOP" | "SIGCONT"): void;
  /** Every start fails from now on, and what runs ends: CrashLoopBackOff until the pod is deleted. */
  hold(namespace: string, pod: string): void;
  stop(): Promise<void>;
}

export interface KubeletOptions extends ProgramSettings {
  readonly objects: ObjectStore;
  readonly nextIp: () => string;
  /** Before the first restart; doubles with every further one, up to five minutes as in Kubernetes. */
  readonly restartDelayMs: number;
  /** SIGKILL comes this long after SIGTERM when a pod is deleted. */
  readonly graceMs: number;
  /** Something changed that the controllers want to know. */
  readonly onChange: () => void;
}

interface Runner {
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

const longestDelayMs = 300_000;
/** A container that ran this long has its back-off forgotten (ten minutes in Kubernetes). */
const steadyMs = 600_000;

export function createKubelet(options: KubeletOptions): Kubelet {
  const { objects } = options;
  const runners = new Map<string, Runner>();
  const ending = new Set<Promise<unknown>>();
  const ephemeral = createEphemeralContainers(options);
  let stopped = false;

  const find = (namespace: string, name: string) =>
    [...runners.values()].find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);

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

  /** Addresses come around again; one that a pod still has is passed over. */
  const freeIp = () => {
    const taken = new Set([...runners.values()].map(({ ip }) => ip));
    for (let ip = options.nextIp(), tries = 0; ; ip = options.nextIp(), tries++)
      if (!taken.has(ip) || tries > 255) return ip;
  };

  const adopt = (pod: PodView) => {
    const known = runners.get(pod.metadata.uid);
    if (known !== undefined) {
      known.pod = pod;
      return;
    }
    runners.set(pod.metadata.uid, {
      pod,
      ip: freeIp(),
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
    });
  };

  /** A pod of the same name may still hold the volume. */
  const volumeIsFree = (runner: Runner) =>
    ![...runners.values()].some(
      (other) =>
        other !== runner &&
        other.running !== undefined &&
        other.pod.metadata.namespace === runner.pod.metadata.namespace &&
        other.pod.metadata.name === runner.pod.metadata.name,
    );

  const sync = () => {
    if (stopped) return;
    const pods = listViews(objects, places.pods, podView).filter((pod) => pod.spec.nodeName !== undefined);
    for (const pod of pods) adopt(pod);
    const present = new Set(pods.map((pod) => pod.metadata.uid));
    for (const [uid, runner] of runners) {
      if (present.has(uid)) continue;
      void ephemeral.end(uid);
      if (runner.running === undefined) runners.delete(uid);
      else if (runner.startAt !== Number.POSITIVE_INFINITY) {
        runner.startAt = Number.POSITIVE_INFINITY;
        void end(runner, options.graceMs).then(() => {
          runners.delete(uid);
          options.onChange();
        });
      }
    }
    for (const pod of pods) {
      const runner = runners.get(pod.metadata.uid);
      if (runner === undefined) continue;
      const image = pod.spec.containers[0]?.image ?? "";
      const due = runner.running === undefined && !runner.held && Date.now() >= runner.startAt;
      if (due && canPull(image) && volumeIsFree(runner)) start(runner);
      if (due && !canPull(image) && runner.startAt === 0) {
        say(runner, "Failed", `Failed to pull image "${image}": manifest unknown`);
        runner.startAt = 1;
      }
      refresh(runner);
      if (runner.running !== undefined) ephemeral.sync(pod, runner.ip);
      report(runner, image);
    }
  };

  const report = (runner: Runner, image: string) => {
    const { pod, ip, running, ready, restarts, last, startTime, starts } = runner;
    const { namespace, name, uid } = pod.metadata;
    objects.patch(places.pods, namespace, name, (object) => {
      object["status"] = podStatus(pod, {
        running,
        waiting:
          runner.blocked ??
          (canPull(image)
            ? last === undefined
              ? undefined
              : {
                  reason: "CrashLoopBackOff",
                  message: `back-off restarting failed container ${pod.spec.containers[0]?.name}`,
                }
            : { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}"` }),
        ready,
        restarts,
        last,
        ip: starts === 0 ? undefined : ip,
        startTime,
        ephemeral: ephemeral.statuses(pod),
        id: starts === 0 ? "" : `containerd://${uid}-${starts}`,
      });
    });
  };

  const runtime: PodRuntime = {
    logs: async (namespace, name, { container, previous, tailLines }) => {
      const runner = find(namespace, name);
      if (runner?.pod.spec.ephemeralContainers.some((one) => one.name === container))
        return previous ? undefined : ephemeral.log(runner.pod, container ?? "")?.text(tailLines);
      // While it waits for its next start, the container that ended last is the previous one.
      const ended = runner?.running === undefined && runner?.last !== undefined;
      return (previous && !ended ? runner?.previousLog : runner?.log)?.text(tailLines);
    },
    dial: (namespace, name, port) => dial(find(namespace, name), port),
  };

  return {
    sync,
    runtime,
    container: (namespace, name) => find(namespace, name)?.running?.store,
    kill: (namespace, name, why) => {
      const runner = find(namespace, name);
      if (runner?.running === undefined) return;
      runner.oom = why === "oom";
      runner.running.kill("SIGKILL");
    },
    signal: (namespace, name, signal) => find(namespace, name)?.running?.kill(signal),
    hold: (namespace, name) => {
      const runner = find(namespace, name);
      if (runner === undefined) return;
      runner.held = true;
      runner.running?.kill("SIGKILL");
    },
    stop: async () => {
      stopped = true;
      const added = [...runners.keys()].map((uid) => ephemeral.end(uid));
      await Promise.all([...[...runners.values()].map((runner) => end(runner, 0)), ...added, ...ending]);
    },
  };

  function dial(runner: Runner | undefined, port: number): Promise<Duplex> {
    if (runner?.running === undefined) return Promise.reject(new Error("container not running"));
    const socket = connect({ host: runner.ip, port, noDelay: true });
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(socket));
      socket.once("error", reject);
    });
  }
}

/** 128 plus the signal, as a shell and the kubelet count. */
function exitCode({ code, signal }: Exit): number {
  if (code !== null) return code;
  return signal === "SIGKILL" ? 137 : signal === "SIGTERM" ? 143 : 1;
}

/** The pod as it is now. */
export function podNamed(objects: ObjectStore, namespace: string, name: string): PodView | undefined {
  return getView(objects, places.pods, podView, namespace, name);
}
