import { places } from "../../../../../sandbox/world/places.ts";
import { configSchema } from "../../../../../src/config/file.ts";
import { changed, gone, type Mutation, of } from "../mutation.ts";
import { inApps, inFlux } from "./where.ts";

const flux = (name: string, more: { readonly cluster?: "apps" } = {}) =>
  of(places.kustomizations, name, { ...inFlux, ...more });
const elsewhere = "main@sha1:1111111111111111111111111111111111111111";
const flows = Object.entries(configSchema.parse({}).verify.kustomizations).flatMap(([cluster, names]) =>
  names.map((name) => ({ name, where: flux(name, cluster === "apps" ? inApps : {}) })),
);
const first = "infra-databases-dragonfly";
/** What is compared is what Flux says that it has applied; where it says nothing, nothing can be. */
const comparisons = (name: string) => [
  `drift.${name}.fields`,
  `drift.${name}.pruned`,
  ...(name.endsWith("-databases-dragonfly") ? [`drift.${name.replace(/-.*/, "")}.extra`] : []),
];
export const git: readonly Mutation[] = [
  ...flows.map(({ name, where }) =>
    changed(`${name} is suspended`, where, ["spec", "suspend"], true, `drift.${name}.applied`),
  ),
  ...flows.map(({ name, where }) =>
    changed(
      `${name} is behind, at a commit that Git does not have`,
      where,
      ["status", "lastAppliedRevision"],
      elsewhere,
      `drift.${name}.head`,
      ...comparisons(name),
    ),
  ),
  changed(
    "a Kustomization has failed",
    flux(first),
    ["status", "conditions", 0, "status"],
    "False",
    `drift.${first}.applied`,
  ),
  gone("a Kustomization is gone", flux(first), `drift.${first}.applied`, `drift.${first}.head`, ...comparisons(first)),
  changed(
    "Flux has said nothing of it",
    flux(first),
    ["status"],
    {},
    `drift.${first}.applied`,
    `drift.${first}.head`,
    ...comparisons(first),
  ),
];
