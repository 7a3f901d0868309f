import { z } from "zod";

const told = z.object({ reason: z.string().optional(), message: z.string().optional() });

/** What a kubelet says of one container of a pod. */
export const containerState = z.object({
  waiting: told.optional(),
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

/** Why it does not run, or has ended; empty when it has nothing to say. */
export function wordsOfState({ waiting, terminated }: ContainerState): string {
  const found = waiting ?? terminated;
  return [found?.reason, found?.message].filter(Boolean).join(": ");
}
