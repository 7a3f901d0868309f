import { join } from "node:path";
import { z } from "zod";
import { startChild } from "../../dragonfly/child.ts";
import type { PodView } from "../views.ts";
import type { RunningContainer, StartOptions } from "./running-container.ts";

/** What the network around a pod knows. */
export interface PodNetwork {
  /** `address:port` of the cluster's DNS. */
  readonly nameServer: string;
  /** Whether a connection of the pod with this address is dropped. */
  isDropped(ip: string, host: string, port: number): boolean;
}

const root = join(import.meta.dirname, "..", "..", "..");
const question = z.object({ id: z.number(), host: z.string(), port: z.number() });

export interface BotImageOptions extends Pick<StartOptions, "pod" | "ip" | "onLine"> {
  readonly env: Readonly<Record<string, string>>;
}

/** Runs the image of the bot as a pod: its command as a process of this machine, with the pod's network around it. */
export function startBotImage(
  { nameServer, isDropped }: PodNetwork,
  { pod, ip, env, onLine }: BotImageOptions,
  container: PodView["spec"]["containers"][number],
): RunningContainer {
  // In the image the project is at /app.
  const [program = "", ...rest] = [...container.command, ...container.args];
  const args = rest.map((word) => (word.startsWith("/app/") ? join(root, word.slice("/app/".length)) : word));
  const child = startChild(
    program === "node" ? process.execPath : program,
    ["--import", join(import.meta.dirname, "pod-network.ts"), ...args],
    {
      onLine,
      talk: {
        env: {
          ...env,
          PATH: process.env["PATH"],
          WORLD_POD_IP: ip,
          WORLD_NAME_SERVER: nameServer,
          WORLD_NAMESPACE: pod.metadata.namespace,
        },
        onMessage: (message) => {
          const { id, host, port } = question.parse(message);
          return { id, dropped: isDropped(ip, host, port) };
        },
      },
    },
  );
  return { ...child, ready: Promise.resolve(), store: undefined };
}
