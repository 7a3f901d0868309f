import type { KubeObject } from "../kubernetes/object-store.ts";
import { identityOf, parseObjects } from "./objects.ts";
import { printDocument } from "./yaml.ts";

const key = "kustomize.toolkit.fluxcd.io/substitute";

/**
 * The object after Flux's post-build substitution: `${NAME}`, `${NAME:=default}`, `${NAME:-default}`, and `$$` for one
 * dollar. Flux prints the built object as YAML, replaces in the text, and reads it again; the quotes of the source are
 * gone by then, so a text that is all variable becomes a number or a boolean when its value looks like one
 * (https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-substitution-of-numbers-and-booleans).
 * Stricter than Flux, which replaces an unknown variable by nothing. Throws naming the object and the variable.
 */
export function substitute(object: KubeObject, settings: Readonly<Record<string, string>>): KubeObject {
  const { annotations, labels } = object.metadata;
  if (annotations?.[key] === "disabled" || labels?.[key] === "disabled") return object;
  const name = identityOf(object);
  const text = printDocument(object).replaceAll(/\$\$|\$\{([^}]*)(\}?)/g, (match, inside: string, end: string) =>
    match === "$$" ? "$" : settingFor(inside, end, settings, name),
  );
  const [result, ...more] = parseObjects(text, `${name}, substituted`);
  if (result === undefined || more.length > 0) throw new Error(`${name}: a value cuts the object in pieces`);
  return result;
}

function settingFor(inside: string, end: string, settings: Readonly<Record<string, string>>, object: string): string {
  const parts = /^([A-Za-z_]\w*)(?::[=-]([\s\S]*))?$/.exec(inside);
  if (parts === null || end === "" || inside.includes("${"))
    throw new Error(`${object}: \${${inside}${end}: this kind of substitution is not modelled`);
  const [, name = "", fallback] = parts;
  const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
  // An empty value counts as none where there is a default.
  const result = fallback === undefined ? value : value || fallback;
  if (result === undefined) throw new Error(`${object}: the variable ${name} has no value and no default`);
  return result;
}
