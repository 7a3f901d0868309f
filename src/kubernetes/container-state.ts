import { z } from "zod";
import type { Ending } from "../platform/probes.ts";

const told = z.object({ reason: z.string().optional(), message: z.string().optional() });

/** What a kubelet says of one container of a pod. */
export const containerState = z.object({
  waiting: told.optional(),
  running: z.object({}).optional(),
  terminated: told.extend({ exitCode: z.number().optional() }).optional(),
});
export type ContainerState = z.infer<typeof containerState>;

/** Reasons to wait that nothing but a person ends: no such image, no such Secret. */
const hopeless: ReadonlySet<string> = new Set([
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
]);

/** Whether waiting for the container is of no use. */
export function isHopeless({ waiting }: ContainerState): boolean {
  return hopeless.has(waiting?.reason ?? "");
}

const imageReasons: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
]);
/** What the runtime says of a container that it made and could not start. */
const startReasons: ReadonlySet<string> = new Set(["StartError", "ContainerCannotRun"]);

/** What the state of a probe's container means that has not ended well, when nobody waits for it any longer. */
export function endingOf({ waiting, terminated }: ContainerState): Ending {
  if (terminated !== undefined) return startReasons.has(terminated.reason ?? "") ? "not-started" : "failed";
  if (imageReasons.has(waiting?.reason ?? "")) return "image";
  return isHopeless({ waiting }) ? "not-started" : "late";
}

/** Why it does not run, or has ended; empty when it has nothing to say. */
export function wordsOfState({ waiting, terminated }: ContainerState): string {
  const found = waiting ?? terminated;
  return [found?.reason, found?.message].filter(Boolean).join(": ");
}
