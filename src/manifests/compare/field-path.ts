/** A step into an object: a key, a place in a list, or the item of a list that has these fields. */
export type Step = string | number | Readonly<Record<string, unknown>>;

/** `spec.ports[redis].port`, `metadata.labels["app.kubernetes.io/name"]`: as people write a path. */
export function pathOf(steps: readonly Step[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    if (typeof step !== "string") return `${path}[${Object.values(step).map(String).join("/")}]`;
    if (!/^[\w-]+$/.test(step)) return `${path}["${step}"]`;
    return path === "" ? step : `${path}.${step}`;
  }, "");
}

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value has fields; a list has none. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is there at a path; undefined where it leads nowhere. */
export function valueAt(value: unknown, steps: readonly Step[]): unknown {
  return steps.reduce<unknown>((at, step) => {
    if (typeof step === "string") return isFields(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    if (!Array.isArray(at)) return undefined;
    return typeof step === "number" ? at[step] : at.find((item) => hasFields(item, step));
  }, value);
}

/** A port that names no protocol is one of TCP. */
export function hasFields(item: unknown, fields: Fields): boolean {
  const implied: Fields = { protocol: "TCP" };
  return isFields(item) && Object.entries(fields).every(([key, value]) => (item[key] ?? implied[key]) === value);
}
