import type { Exit } from "../../dragonfly/child.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import type { PodView } from "../views.ts";
import { createLogBuffer, type LogBuffer } from "./log-buffer.ts";
import { environmentOf, isBlocked } from "./pod-files.ts";
import { type Termination, terminated, time } from "./pod-status.ts";
import { canPull, type ProgramSettings, startEphemeral } from "./programs.ts";
import type { RunningContainer } from "./running-container.ts";
import { stateBy, type Trouble } from "./trouble.ts";

/** The containers that were added to running pods: each is started once, has no limits, and ends with its pod at the latest. */
export interface EphemeralContainers {
  /** Starts those of a running pod that have not been. */
  sync(pod: PodView, ip: string): void;
  /** As the pod's status has them; undefined when there are none. */
  statuses(pod: PodView): readonly Record<string, unknown>[] | undefined;
  /** Undefined when there is none of that name, or it has not run. */
  log(pod: PodView, name: string): LogBuffer | undefined;
  /** Those of a pod that are not started yet have this wrong with them from now on; undefined: nothing any more. */
  trouble(pod: PodView, trouble: Trouble | undefined): void;
  /** Kills those of a pod that goes. */
  end(uid: string): Promise<unknown>;
}

type Container = PodView["spec"]["ephemeralContainers"][number];

interface Started {
  readonly log: LogBuffer;
  readonly running: RunningContainer;
  ended: Termination | undefined;
}

export function createEphemeralContainers(
  settings: ProgramSettings & { readonly objects: ObjectStore; readonly onChange: () => void },
): EphemeralContainers {
  const started = new Map<string, Map<string, Started>>();
  const troubles = new Map<string, Trouble>();
  /** When the status of one that did not start was first told. */
  const firstTold = new Map<string, Date>();

  const troubleOf = (pod: PodView, { image }: Container) =>
    canPull(image) ? troubles.get(pod.metadata.uid) : "no-image";

  const stateOf = (pod: PodView, container: Container): Record<string, unknown> => {
    const known = started.get(pod.metadata.uid)?.get(container.name);
    if (known?.ended !== undefined) return terminated(known.ended);
    if (known !== undefined) return { running: { startedAt: time(known.running.startedAt) } };
    const trouble = troubleOf(pod, container);
    if (trouble !== undefined) {
      const key = `${pod.metadata.uid}/${container.name}`;
      const since = firstTold.get(key);
      firstTold.set(key, since ?? new Date());
      return stateBy(trouble, { pod, name: container.name, image: container.image }, since);
    }
    const env = environmentOf(settings.objects, pod.metadata.namespace, container);
    return { waiting: isBlocked(env) ? env : { reason: "ContainerCreating" } };
  };

  const start = (pod: PodView, ip: string, container: Container) => {
    const env = environmentOf(settings.objects, pod.metadata.namespace, container);
    if (troubleOf(pod, container) !== undefined || isBlocked(env)) return;
    const log = createLogBuffer();
    const running = startEphemeral(settings, { pod, ip, env, onLine: log.add }, container);
    const known: Started = { log, running, ended: undefined };
    const ofPod = started.get(pod.metadata.uid) ?? new Map<string, Started>();
    started.set(pod.metadata.uid, ofPod.set(container.name, known));
    void running.exited.then((exit) => {
      known.ended = terminationOf(running.startedAt, exit);
      settings.onChange();
    });
  };

  return {
    sync: (pod, ip) => {
      for (const container of pod.spec.ephemeralContainers) {
        if (started.get(pod.metadata.uid)?.has(container.name) !== true) start(pod, ip, container);
      }
    },
    statuses: (pod) => {
      const { ephemeralContainers } = pod.spec;
      if (ephemeralContainers.length === 0) return undefined;
      return ephemeralContainers.map((container) => ({
        name: container.name,
        image: container.image,
        imageID: "",
        ready: false,
        restartCount: 0,
        lastState: {},
        state: stateOf(pod, container),
      }));
    },
    log: (pod, name) => started.get(pod.metadata.uid)?.get(name)?.log,
    trouble: (pod, trouble) => {
      if (trouble === undefined) troubles.delete(pod.metadata.uid);
      else troubles.set(pod.metadata.uid, trouble);
    },
    end: (uid) => {
      troubles.delete(uid);
      const ofPod = [...(started.get(uid)?.values() ?? [])];
      started.delete(uid);
      for (const { running } of ofPod) running.kill("SIGKILL");
      return Promise.all(ofPod.map(({ running }) => running.exited));
    },
  };
}

function terminationOf(startedAt: Date, { code, at: finishedAt }: Exit): Termination {
  const exitCode = code ?? 137;
  return { reason: exitCode === 0 ? "Completed" : "Error", exitCode, startedAt, finishedAt };
}
