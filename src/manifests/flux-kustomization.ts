import { z } from "zod";
import { buildFolder, type Files } from "./kustomize/build.ts";
import { strictly } from "./kustomize/file.ts";
import { groupOf, type Manifest } from "./manifest.ts";
import { type Variables, withVariables } from "./substitute.ts";
import { unbuildable } from "./unbuildable.ts";

/** Says when and in which order; changes nothing of what is applied. */
const timing = z.unknown().optional();

/** Strict: patches, images, a namespace for everything and the like would change what is applied. */
const schema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.strictObject({
    path: z.string(),
    sourceRef: z.strictObject({ kind: z.literal("GitRepository"), name: z.string() }),
    postBuild: z
      .strictObject({ substituteFrom: z.array(z.strictObject({ kind: z.literal("ConfigMap"), name: z.string() })) })
      .optional(),
    dependsOn: timing,
    interval: timing,
    retryInterval: timing,
    timeout: timing,
    prune: timing,
    suspend: timing,
    wait: timing,
    force: timing,
    healthChecks: timing,
    healthCheckExprs: timing,
  }),
});

/** A Flux Kustomization as Git has it: which folder, and where its variables come from. */
export type FluxKustomization = z.infer<typeof schema>;

/** The Flux Kustomization of a name among a cluster's own objects; undefined when it is not among them. Throws BotError `manifests.unbuildable`. */
export function fluxKustomizationIn(own: readonly Manifest[], name: string): FluxKustomization | undefined {
  const found = own.find(
    (object) =>
      object.kind === "Kustomization" &&
      groupOf(object) === "kustomize.toolkit.fluxcd.io" &&
      object.metadata.name === name,
  );
  return found === undefined ? undefined : strictly(`Kustomization ${name}`, schema, found);
}

/**
 * The objects that a Flux Kustomization applies. `own` are those of the cluster's own folder, which have its settings.
 *
 * @throws BotError `manifests.unbuildable`
 */
export function buildFlux(
  { metadata, spec }: FluxKustomization,
  files: Files,
  own: readonly Manifest[],
): readonly Manifest[] {
  const objects = buildFolder(files, spec.path);
  // Without postBuild Flux looks for no variables at all.
  if (spec.postBuild === undefined) return objects;
  const variables: Variables = Object.assign(
    {},
    ...spec.postBuild.substituteFrom.map(({ name }) => settingsOf(own, name, metadata)),
  );
  return objects.map((object) => withVariables(object, variables, spec.path));
}

const settings = z.object({ data: z.record(z.string(), z.string()) });

function settingsOf(own: readonly Manifest[], name: string, user: FluxKustomization["metadata"]): Variables {
  const found = own.find(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name && metadata.namespace === user.namespace,
  );
  const parsed = settings.safeParse(found);
  if (parsed.success) return parsed.data.data;
  throw unbuildable(
    `Kustomization ${user.name}`,
    `takes its variables from the ConfigMap ${name}, which Git does not have`,
  );
}
