import type { PodView } from "../views.ts";
import { time } from "./pod-status.ts";

/** What goes wrong with the containers that are added to a pod. */
export type Trouble = "no-image" | "no-config" | "start-error" | "never-starts";

interface Subject {
  readonly pod: PodView;
  readonly name: string;
  readonly image: string;
}

/** The state of such a container, as kubelet and containerd word it; `since` is when it was first told, undefined the first time. */
export function stateBy(
  trouble: Trouble,
  { pod, name, image }: Subject,
  since: Date | undefined,
): Record<string, unknown> {
  switch (trouble) {
    case "no-image": {
      const message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
      if (since === undefined) return { waiting: { reason: "ErrImagePull", message } };
      const backOff = `Back-off pulling image "${image}": ErrImagePull: ${message}`;
      return { waiting: { reason: "ImagePullBackOff", message: backOff } };
    }
    case "no-config": {
      const { namespace, name: ofPod, uid } = pod.metadata;
      const where = `(pod: "${ofPod}_${namespace}(${uid})", container: ${name})`;
      const message = `container has runAsNonRoot and image will run as root ${where}`;
      return { waiting: { reason: "CreateContainerConfigError", message } };
    }
    case "start-error":
      // It never ran, so it began at no time.
      return {
        terminated: {
          exitCode: 128,
          reason: "StartError",
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "node": executable file not found in $PATH: unknown',
          startedAt: time(new Date(0)),
          finishedAt: time(since ?? new Date()),
        },
      };
    case "never-starts":
      return { waiting: { reason: "ContainerCreating" } };
  }
}
