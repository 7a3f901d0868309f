import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ObjectStore, Place } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { type PodView, record } from "../views.ts";

/** What a container gets of ConfigMaps and Secrets. */
export interface PodInputs {
  readonly env: Readonly<Record<string, string>>;
  /** The file of this machine behind a path in the container, where there is one. */
  file(path: string): string | undefined;
}

/** Why the container cannot be started, in the kubelet's words. */
export interface Blocked {
  readonly reason: "CreateContainerConfigError" | "ContainerCreating";
  readonly message: string;
}

type Container = PodView["spec"]["containers"][number];

/**
 * Looks up what the pod's first container refers to and writes its files under `folder`. A missing object or key keeps
 * the container waiting, as in Kubernetes: a variable with CreateContainerConfigError, a volume in ContainerCreating.
 */
export function podInputs(objects: ObjectStore, pod: PodView, folder: string): PodInputs | Blocked {
  const [container] = pod.spec.containers;
  if (container === undefined) return { env: {}, file: () => undefined };
  try {
    const files = mountFiles(objects, pod, container, folder);
    return { env: environment(objects, pod.metadata.namespace, container), file: (path) => files.get(path) };
  } catch (error) {
    if (error instanceof Missing) return { reason: error.reason, message: error.message };
    throw error;
  }
}

/** The variables of a container, or why it cannot be started. */
export function environmentOf(
  objects: ObjectStore,
  namespace: string,
  container: Pick<Container, "env">,
): Readonly<Record<string, string>> | Blocked {
  try {
    return environment(objects, namespace, container);
  } catch (error) {
    if (error instanceof Missing) return { reason: error.reason, message: error.message };
    throw error;
  }
}

/**
 * Which ConfigMaps and Secrets a pod's first container has mounted, each with its version. What is mounted with a subPath
 * is left out: that stays as it was at the start.
 */
export function mountedVersions(objects: ObjectStore, pod: PodView): string {
  const names = pod.spec.containers[0]?.volumeMounts.filter(({ subPath }) => subPath === undefined) ?? [];
  return pod.spec.volumes
    .filter((volume) => names.some(({ name }) => name === volume.name))
    .map(({ secret, configMap }) => {
      const { namespace } = pod.metadata;
      if (secret !== undefined) return objects.get(places.secrets, namespace, secret.secretName);
      return configMap && objects.get(places.configMaps, namespace, configMap.name);
    })
    .map((object) => object?.metadata.resourceVersion ?? "")
    .join();
}

/** Brings what a running container has mounted up to date, as the kubelet does within about a minute. */
export function refreshFiles(objects: ObjectStore, pod: PodView, folder: string): void {
  const [container] = pod.spec.containers;
  if (container === undefined) return;
  const volumeMounts = container.volumeMounts.filter(({ subPath }) => subPath === undefined);
  try {
    mountFiles(objects, pod, { ...container, volumeMounts }, folder);
  } catch (error) {
    // What was mounted stays when its object goes.
    if (!(error instanceof Missing)) throw error;
  }
}

export function isBlocked(inputs: object): inputs is Blocked {
  return "reason" in inputs && "message" in inputs;
}

class Missing extends Error {
  readonly reason: Blocked["reason"];
  constructor(reason: Blocked["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

function environment(objects: ObjectStore, namespace: string, { env }: Pick<Container, "env">): Record<string, string> {
  return Object.fromEntries(
    env.flatMap(({ name, value, valueFrom }) => {
      const wanted = valueFrom?.secretKeyRef;
      if (wanted === undefined) return [[name, value ?? ""]];
      const secret = entriesOf(objects, places.secrets, namespace, wanted.name);
      const found = secret?.get(wanted.key);
      if (found === undefined) {
        if (wanted.optional) return [];
        const what = secret === undefined ? `secret "${wanted.name}" not found` : `couldn't find key ${wanted.key}`;
        throw new Missing("CreateContainerConfigError", what);
      }
      return [[name, found]];
    }),
  );
}

function mountFiles(
  objects: ObjectStore,
  pod: PodView,
  container: Container,
  folder: string,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const mount of container.volumeMounts) {
    const volume = pod.spec.volumes.find(({ name }) => name === mount.name);
    if (volume === undefined) throw new Missing("ContainerCreating", `volume "${mount.name}" is not in the pod`);
    const source =
      volume.secret === undefined
        ? volume.configMap && { place: places.configMaps, name: volume.configMap.name, items: volume.configMap.items }
        : { place: places.secrets, name: volume.secret.secretName, items: volume.secret.items };
    if (source === undefined) continue;
    const entries = entriesOf(objects, source.place, pod.metadata.namespace, source.name);
    const refuse = (what: string) =>
      new Missing("ContainerCreating", `MountVolume.SetUp failed for volume "${mount.name}": ${what}`);
    if (entries === undefined) throw refuse(`${source.place.plural.slice(0, -1)} "${source.name}" not found`);
    const items = source.items ?? [...entries.keys()].map((key) => ({ key, path: key }));
    for (const { key, path } of items) {
      const text = entries.get(key);
      if (text === undefined) throw refuse(`references non-existent config key: ${key}`);
      if (mount.subPath !== undefined && mount.subPath !== path) continue;
      const inContainer = mount.subPath === undefined ? join(mount.mountPath, path) : mount.mountPath;
      files.set(inContainer, write(join(folder, mount.name), path, text));
    }
  }
  return files;
}

function write(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Keys and text of a ConfigMap or a Secret. */
function entriesOf(
  objects: ObjectStore,
  place: Place,
  namespace: string,
  name: string,
): ReadonlyMap<string, string> | undefined {
  const object = objects.get(place, namespace, name);
  if (object === undefined) return undefined;
  const encoded = place.plural === "secrets";
  return new Map(
    Object.entries(record(object["data"])).map(([key, value]) => [
      key,
      encoded ? Buffer.from(String(value), "base64").toString("utf8") : String(value),
    ]),
  );
}
