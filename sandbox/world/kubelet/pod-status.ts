import type { PodView } from "../views.ts";

export interface Termination {
  readonly reason: string;
  readonly exitCode: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** What the kubelet knows of one pod's container. */
export interface ContainerState {
  readonly running: { readonly startedAt: Date } | undefined;
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  readonly ready: boolean;
  readonly restarts: number;
  readonly last: Termination | undefined;
  readonly ip: string | undefined;
  readonly startTime: Date;
  /** Changes with every start. */
  readonly id: string;
  /** Of the containers that were added while it ran. */
  readonly ephemeral?: readonly Record<string, unknown>[] | undefined;
}

/** `status` of a Pod with one container, as the kubelet reports it. */
export function podStatus(pod: PodView, state: ContainerState): Record<string, unknown> {
  const [container] = pod.spec.containers;
  const ended = pod.spec.restartPolicy === "Never" && state.running === undefined ? state.last : undefined;
  const ready = state.ready && state.running !== undefined;
  const condition = (type: string, on: boolean, reason?: string) => {
    const status = on ? "True" : "False";
    const before = pod.status.conditions.find((one) => one.type === type);
    const lastTransitionTime =
      before?.status === status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : time(new Date());
    return { type, status, lastTransitionTime, ...(on || reason === undefined ? {} : { reason }) };
  };
  return {
    phase: phaseOf(state, ended),
    ...(state.ip === undefined ? {} : { podIP: state.ip, podIPs: [{ ip: state.ip }] }),
    startTime: time(state.startTime),
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", ready, "ContainersNotReady"),
      condition("Ready", ready, "ContainersNotReady"),
    ],
    ...(state.ephemeral === undefined ? {} : { ephemeralContainerStatuses: state.ephemeral }),
    containerStatuses: [
      {
        name: container?.name ?? "",
        image: container?.image ?? "",
        imageID: "",
        containerID: state.id,
        ready,
        started: state.running !== undefined,
        restartCount: state.restarts,
        state:
          ended !== undefined
            ? terminated(ended)
            : state.running === undefined
              ? { waiting: state.waiting ?? { reason: "ContainerCreating" } }
              : { running: { startedAt: time(state.running.startedAt) } },
        lastState: state.last === undefined || ended !== undefined ? {} : terminated(state.last),
      },
    ],
  };
}

function phaseOf(state: ContainerState, ended: Termination | undefined): string {
  if (ended !== undefined) return ended.exitCode === 0 ? "Succeeded" : "Failed";
  return state.running === undefined && state.restarts === 0 && state.last === undefined ? "Pending" : "Running";
}

export function terminated({ reason, exitCode, startedAt, finishedAt }: Termination): Record<string, unknown> {
  return { terminated: { reason, exitCode, startedAt: time(startedAt), finishedAt: time(finishedAt) } };
}

/** Kubernetes times have no fractions of a second. */
export function time(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
