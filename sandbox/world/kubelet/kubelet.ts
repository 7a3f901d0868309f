import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { StoreContainer } from "../../dragonfly/container.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import type { PodRuntime } from "../../kubernetes/server.ts";
import { places } from "../places.ts";
import { getView, listViews, type PodView, podView } from "../views.ts";
import { createEphemeralContainers } from "./ephemeral.ts";
import { lostNodes } from "./lost-nodes.ts";
import { podStatus } from "./pod-status.ts";
import { canPull } from "./programs.ts";
import { createRunners, newRunner, type Runner, type RunnerOptions } from "./runner.ts";
import type { Trouble } from "./trouble.ts";

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
  /** What is wrong with containers that are added to the pod; undefined: nothing any more. */
  trouble(namespace: string, pod: string, trouble: Trouble | undefined): void;
  stop(): Promise<void>;
}

export interface KubeletOptions extends RunnerOptions {
  readonly nextIp: () => string;
  /** SIGKILL comes this long after SIGTERM when a pod is deleted. */
  readonly graceMs: number;
}

export function createKubelet(options: KubeletOptions): Kubelet {
  const { objects } = options;
  const runners = new Map<string, Runner>();
  const { start, refresh, end, say, settled } = createRunners(options);
  const ephemeral = createEphemeralContainers(options);
  let stopped = false;

  const find = (namespace: string, name: string) =>
    [...runners.values()].find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);

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
    runners.set(pod.metadata.uid, newRunner(pod, freeIp()));
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
    const lost = lostNodes(objects);
    for (const pod of pods) {
      const runner = runners.get(pod.metadata.uid);
      // What happens on a node that nobody hears of is not told, and what is asked of it not done.
      if (runner === undefined || lost.has(pod.spec.nodeName ?? "")) continue;
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
    trouble: (namespace, name, trouble) => {
      const runner = find(namespace, name);
      if (runner !== undefined) ephemeral.trouble(runner.pod, trouble);
    },
    stop: async () => {
      stopped = true;
      const added = [...runners.keys()].map((uid) => ephemeral.end(uid));
      await Promise.all([...[...runners.values()].map((runner) => end(runner, 0)), ...added, settled()]);
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

/** The pod as it is now. */
export function podNamed(objects: ObjectStore, namespace: string, name: string): PodView | undefined {
  return getView(objects, places.pods, podView, namespace, name);
}
