/**
 * An object that notes which fields a reader asks for. A validator compiled from a schema asks for each field that the
 * schema knows, whether it is there or not, and for none that it does not know: a field that is there and was never
 * asked for is unknown. Where nothing at all was asked for, the schema takes any field (Helm values, for example).
 */
export interface FieldReads {
  /** To be given to the reader instead of the object. */
  readonly watched: object;
  /** Paths of the fields that are there and were not asked for. */
  readonly unread: () => readonly string[];
  /** Paths of the objects that may hold any field. */
  readonly free: () => readonly string[];
}

interface Watched {
  readonly target: object;
  readonly path: string;
  readonly asked: Set<string>;
}

export function watchReads(object: object): FieldReads {
  const seen = new Map<object, Watched>();
  const proxies = new Map<object, object>();
  const watch = (target: object, path: string): object => {
    const known = proxies.get(target);
    if (known !== undefined) return known;
    const asked = new Set<string>();
    seen.set(target, { target, path, asked });
    const proxy = new Proxy(target, {
      get(from, key, receiver) {
        if (typeof key === "string") asked.add(key);
        const value: unknown = Reflect.get(from, key, receiver);
        if (value === null || typeof value !== "object") return value;
        return watch(value, join(from, path, String(key)));
      },
      has(from, key) {
        if (typeof key === "string") asked.add(key);
        return Reflect.has(from, key);
      },
    });
    proxies.set(target, proxy);
    return proxy;
  };
  const maps = () => [...seen.values()].filter(({ target }) => !Array.isArray(target));
  return {
    watched: watch(object, ""),
    unread: () =>
      maps()
        .filter(({ asked }) => asked.size > 0)
        .flatMap(({ target, path, asked }) =>
          Object.keys(target)
            .filter((key) => !asked.has(key))
            .map((key) => join(target, path, key)),
        ),
    free: () =>
      maps()
        .filter(({ target, asked }) => asked.size === 0 && Object.keys(target).length > 0)
        .map(({ path }) => path),
  };
}

function join(parent: object, path: string, key: string): string {
  if (Array.isArray(parent)) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}
