import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Exit } from "../../dragonfly/child.ts";
import { startContainer } from "../../dragonfly/container.ts";
import type { StoreBinary } from "../../dragonfly/find-store.ts";
import { flag } from "../../dragonfly/flags.ts";
import type { PodView } from "../views.ts";
import { whenReady } from "./probe.ts";
import { type BotImageOptions, type PodNetwork, startBotImage } from "./probe-program.ts";
import type { RunningContainer, StartOptions } from "./running-container.ts";

export interface ProgramSettings {
  readonly store: StoreBinary;
  /** Holds one folder a volume. */
  readonly volumes: string;
  readonly network: PodNetwork;
}

const dragonflyImage = /(?:^|\/)dragonfly:(v\d+\.\d+\.\d+)(?:@|$)/;
const operatorImage = /(?:^|\/)operator:v1\.\d+\.\d+(?:@|$)/;
const botImage = /(?:^|\/)dragonfly-runbook-bot:\d+\.\d+\.\d+(?:@|$)/;

/** Whether a registry would have it. */
export function canPull(image: string): boolean {
  return [dragonflyImage, operatorImage, botImage].some((known) => known.test(image));
}

/** Starts the first container of a pod. */
export function startProgram(settings: ProgramSettings, options: StartOptions): RunningContainer {
  const container = options.pod.spec.containers[0];
  if (container !== undefined && botImage.test(container.image)) {
    return startBotImage(settings.network, { ...options, env: options.inputs.env }, container);
  }
  const version = dragonflyImage.exec(container?.image ?? "")?.[1];
  return version === undefined || container === undefined
    ? startStandIn(options)
    : startStore(settings, options, { container, version });
}

/** Starts a container that was added to a running pod: in the pod's network. Of others than the bot's image, a stand-in. */
export function startEphemeral(
  { network }: ProgramSettings,
  options: BotImageOptions,
  container: PodView["spec"]["containers"][number],
): RunningContainer {
  return botImage.test(container.image) ? startBotImage(network, options, container) : startStandIn(options);
}

function startStore(
  settings: ProgramSettings,
  { pod, inputs, ip, memory, onLine }: StartOptions,
  { container, version }: { readonly container: PodView["spec"]["containers"][number]; readonly version: string },
): RunningContainer {
  const claim = pod.spec.volumes.find((volume) => volume.persistentVolumeClaim)?.persistentVolumeClaim?.claimName;
  const directory = volumeFolder(settings.volumes, pod.metadata.namespace, claim ?? `empty-${pod.metadata.uid}`);
  mkdirSync(directory, { recursive: true });
  const { args } = container;
  const started = startContainer({
    store: settings.store,
    password: inputs.env["DFLY_requirepass"] ?? "",
    aclFile: inputs.file(flag(args, "aclfile") ?? ""),
    ip,
    memory,
    directory,
    onLine,
    args,
    version,
  });
  const script = inputs.file(container.readinessProbe?.exec?.command.at(-1) ?? "");
  const { exited } = started;
  const ready =
    script === undefined
      ? started.opened
      : started.opened.then(() => whenReady({ script, ip, env: inputs.env, stopped: exited }));
  return { ...started, ready, store: started };
}

export function volumeFolder(volumes: string, namespace: string, claim: string): string {
  return join(volumes, namespace, claim);
}

/** The operator's pods run no process: the world itself does their work while one of them is ready. */
function startStandIn({ onLine }: Pick<StartOptions, "onLine">): RunningContainer {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  onLine("starting manager");
  return {
    startedAt: new Date(),
    ready: Promise.resolve(),
    exited: promise,
    kill: (signal) => {
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") resolve({ code: null, signal, at: new Date() });
    },
    store: undefined,
  };
}
