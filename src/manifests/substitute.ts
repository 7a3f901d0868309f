import { type Manifest, manifestOf } from "./manifest.ts";
import { unbuildable } from "./unbuildable.ts";
import { printScalar, readYaml } from "./yaml.ts";

/** Values by variable. */
export type Variables = Readonly<Record<string, string>>;

export const substituteMark = "kustomize.toolkit.fluxcd.io/substitute";

/**
 * The object after Flux's substitution: `${NAME}`, `${NAME:=default}`, `${NAME:-default}`, and `$$` for one dollar. Flux replaces in
 * the printed YAML, where quotes stand only where they must; so what is all variable becomes a number when its value looks like one.
 * Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 *
 * @throws BotError `manifests.unbuildable` for a variable without a value, or one that is written in another way
 */
export function withVariables(manifest: Manifest, variables: Variables, file: string): Manifest {
  const { annotations, labels } = manifest.metadata;
  if (annotations?.[substituteMark] === "disabled" || labels?.[substituteMark] === "disabled") return manifest;
  return manifestOf(file, deep(manifest, variables, file));
}

function deep(value: unknown, variables: Variables, file: string): unknown {
  if (typeof value === "string") return scalar(value, variables, file);
  if (Array.isArray(value)) return value.map((item) => deep(item, variables, file));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [String(scalar(key, variables, file)), deep(item, variables, file)]),
  );
}

function scalar(text: string, variables: Variables, file: string): unknown {
  if (!text.includes("$")) return text;
  if (text.includes("\n")) return replaced(text, variables, file);
  const [value, ...more] = readYaml(file, replaced(printScalar(text), variables, file));
  if (more.length > 0 || value === undefined || typeof value === "object")
    throw unbuildable(file, `has a variable whose value changes what is around it: ${text}`);
  return value;
}

function replaced(text: string, variables: Variables, file: string): string {
  return text.replaceAll(/\$\$|\$\{([^}]*)(\}?)/g, (match, inside: string, end: string) => {
    if (match === "$$") return "$";
    const [, name = "", fallback] = /^([A-Za-z_]\w*)(?::[=-](.*))?$/s.exec(inside) ?? [];
    if (name === "" || end === "" || inside.includes("${"))
      throw unbuildable(file, `uses \${${inside}${end}, which the bot cannot build`);
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    // An empty value counts as none where there is a default.
    const result = fallback === undefined ? value : value || fallback;
    if (result === undefined) throw unbuildable(file, `uses the variable ${name}, which has no value`);
    if (result.includes("\n")) throw unbuildable(file, `uses the variable ${name}, whose value has several lines`);
    return result;
  });
}
