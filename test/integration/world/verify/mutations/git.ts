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
export const git: readonly Mutation[] = [
  ...flows.map(({ name, where }) =>
    changed(`${name} is suspended`, where, ["spec", "suspend"], true, `drift.${name}.applied`),
  ),
  ...flows.map(({ name, where }) =>
    changed(`${name} is behind`, where, ["status", "lastAppliedRevision"], elsewhere, `drift.${name}.head`),
  ),
  changed(
    "a Kustomization has failed",
    flux(first),
    ["status", "conditions", 0, "status"],
    "False",
    `drift.${first}.applied`,
  ),
  gone("a Kustomization is gone", flux(first), `drift.${first}.applied`, `drift.${first}.head`),
  changed("Flux has said nothing of it", flux(first), ["status"], {}, `drift.${first}.applied`, `drift.${first}.head`),
];
