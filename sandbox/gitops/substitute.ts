import { parse, stringify } from "yaml";
import type { KubeObject } from "../kubernetes/object-store.ts";
import { identityOf, yaml } from "./kustomize.ts";

const switchName = "kustomize.toolkit.fluxcd.io/substitute";
const variable = /\$(\$?)\{([A-Za-z_]\w*)(?::?[=-]([^}]*))?\}/g;

/**
 * Flux's post-build substitution: in the text of the object, which is read again afterwards, so that a value may become a
 * number. `$${NAME}` stays `${NAME}`; an object can switch it off by label or annotation.
 *
 * @throws Error for a variable without value and default, which Flux would replace by nothing
 */
export function substitute(object: KubeObject, values: Readonly<Record<string, string>>): KubeObject {
  const { annotations, labels } = object.metadata;
  if (annotations?.[switchName] === "disabled" || labels?.[switchName] === "disabled") return object;
  const text = stringify(object, { ...yaml, lineWidth: 0 });
  const replaced = text.replaceAll(variable, (whole, escaped: string, name: string, fallback?: string) => {
    if (escaped !== "") return whole.slice(1);
    const value = values[name] ?? fallback;
    if (value === undefined) throw new Error(`${identityOf(object)}: the variable ${name} has no value and no default`);
    return value;
  });
  return replaced === text ? object : (parse(replaced, yaml) as KubeObject);
}
