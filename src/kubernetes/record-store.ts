import { createHash } from "node:crypto";
import { z } from "zod";
import { BotError } from "../errors.ts";
import { jsonOf } from "../platform/json.ts";
import type { Kept, RecordStore } from "../records/store.ts";
import { badAnswer } from "./errors.ts";
import type { CallApi } from "./request.ts";

export interface RecordStoreOptions<T> {
  readonly cluster: string;
  /** The bot's own. */
  readonly namespace: string;
  readonly call: CallApi;
  /** For one request. */
  readonly timeoutMs: number;
  /** `run`: in the objects' names, in their label, as their data's key, and in the codes of errors. */
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  idOf(record: T): string;
  /** By which `list` sorts. */
  sinceOf(record: T): string;
  /** For people and selectors, beside the kind. */
  labelsOf(record: T): Readonly<Record<string, string>>;
  isOpen(record: T): boolean;
  /** Told once of an object that is none: it is left out of lists, so that one does not hold up all others. */
  readonly onUnreadable?: ((name: string, error: unknown) => void) | undefined;
}

const metadata = z.object({ resourceVersion: z.string() });
const named = z.object({ metadata: z.object({ name: z.string() }) });
const keptLock = z.object({ metadata: z.object({ uid: z.string() }), data: z.object({ run: z.string() }) });
const recordLabel = "dfbot.platform/record";
const openLabel = "dfbot.platform/open";
const pageSize = "100";
/** An object of Kubernetes holds 1.5 MiB at most (etcd's default), a ConfigMap 1 MiB. */
const longestRecord = 900 * 1024;

const tooLargeNext: Readonly<Record<string, string>> = {
  run: "Let the runbook's steps return less",
  incident: "Look at it in Alertmanager",
};

/**
 * Keeps records as ConfigMaps in the bot's own namespace: durable in etcd, seen by every replica, and written with the version
 * that was read, so that of two writers one wins. The Dragonfly that the queue is on may die; this does not notice.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function createRecordStore<T>(options: RecordStoreOptions<T>): RecordStore<T> {
  const { cluster, namespace, call, timeoutMs, kind } = options;
  const folder = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
  const pathOf = (name: string) => `${folder}/${encodeURIComponent(name)}`;
  const nameOf = (id: string) => `dfbot-${kind}-${id}`;
  const ask = (request: Parameters<CallApi>[0]) =>
    call(request, AbortSignal.timeout(timeoutMs)).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === "TimeoutError")) throw error;
      throw new BotError(
        "kubernetes.timeout",
        `Cluster ${cluster} did not answer within ${timeoutMs / 1_000} s`,
        "Look at its API server, and at the network to it",
        { cause: error },
      );
    });
  const kept = z.object({ metadata, data: z.object({ [kind]: z.string() }) });
  const listed = z.object({ items: z.array(z.unknown()), metadata: z.object({ continue: z.string().optional() }) });

  const parse = (path: string, answer: unknown): Kept<T> => {
    const object = kept.safeParse(answer);
    const record = object.success ? options.schema.safeParse(jsonOf(String(object.data.data[kind]))) : object;
    if (!object.success || !record.success) {
      throw badAnswer(cluster, path, `not a ${kind}: ${record.error?.issues[0]?.message ?? "no data"}`, record.error);
    }
    return { record: record.data as T, revision: object.data.metadata.resourceVersion };
  };

  const unreadable = new Set<string>();
  const parseListed = (item: unknown): readonly Kept<T>[] => {
    try {
      return [parse(folder, item)];
    } catch (error) {
      const name = named.safeParse(item).data?.metadata.name ?? "without a name";
      if (!unreadable.has(name)) options.onUnreadable?.(name, error);
      unreadable.add(name);
      return [];
    }
  };

  const manifest = (record: T, resourceVersion?: string) => {
    const text = JSON.stringify(z.encode(options.schema, record));
    const id = options.idOf(record);
    if (text.length > longestRecord) {
      throw new BotError(
        `${kind}.too-large`,
        `The ${kind} ${id} has ${Math.round(text.length / 1024)} KiB, more than an object of the cluster holds`,
        tooLargeNext[kind] ?? "This may be a mistake in the bot; report it",
      );
    }
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: nameOf(id),
        namespace,
        labels: {
          "app.kubernetes.io/name": "dfbot",
          [recordLabel]: kind,
          [openLabel]: String(options.isOpen(record)),
          ...options.labelsOf(record),
        },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      data: { [kind]: text },
    };
  };

  const get = async (id: string) => {
    const path = pathOf(nameOf(id));
    const answer = await ask({ method: "GET", path }).catch(unless("kubernetes.not-found"));
    return answer === undefined ? undefined : parse(path, answer);
  };

  const readLock = async (lock: string) => {
    const answer = await ask({ method: "GET", path: pathOf(lockName(lock)) }).catch(unless("kubernetes.not-found"));
    return answer === undefined ? undefined : keptLock.parse(answer);
  };

  return {
    get,
    create: async (record) => {
      try {
        return parse(folder, await ask({ method: "POST", path: folder, body: manifest(record) }));
      } catch (error) {
        throw translated(error, {
          "kubernetes.exists": [`${kind}.exists`, `The ${kind} ${options.idOf(record)} exists`],
        });
      }
    },
    update: async ({ revision }, record) => {
      const id = options.idOf(record);
      const path = pathOf(nameOf(id));
      try {
        return parse(path, await ask({ method: "PUT", path, body: manifest(record, revision) }));
      } catch (error) {
        const changed = `The ${kind} ${id} was changed by somebody else`;
        throw translated(error, {
          "kubernetes.conflict": [`${kind}.conflict`, changed],
          "kubernetes.not-found": [`${kind}.conflict`, changed],
        });
      }
    },
    list: async (which) => {
      const all: Kept<T>[] = [];
      let next = "";
      do {
        const query = {
          labelSelector: `${recordLabel}=${kind}${which === "open" ? `,${openLabel}=true` : ""}`,
          limit: pageSize,
          ...(next === "" ? {} : { continue: next }),
        };
        const page = listed.safeParse(await ask({ method: "GET", path: folder, query }));
        if (!page.success) throw badAnswer(cluster, folder, `not a list of ${kind}s`, page.error);
        all.push(...page.data.items.flatMap(parseListed));
        next = page.data.metadata.continue ?? "";
      } while (next !== "");
      return all.toSorted((a, b) => options.sinceOf(a.record).localeCompare(options.sinceOf(b.record)));
    },
    remove: async (id) => {
      await ask({ method: "DELETE", path: pathOf(nameOf(id)) }).catch(unless("kubernetes.not-found"));
    },
    claim: async (lock, id) => {
      const labels = { "app.kubernetes.io/name": "dfbot", [recordLabel]: "lock" };
      const body = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: lockName(lock), namespace, labels },
        data: { lock, run: id },
      };
      // Freed between the two questions: then it is free to be made.
      for (;;) {
        const made = await ask({ method: "POST", path: folder, body }).catch(unless("kubernetes.exists"));
        if (made !== undefined) return id;
        const holder = await readLock(lock);
        if (holder !== undefined) return holder.data.run;
      }
    },
    release: async (lock, id) => {
      const held = await readLock(lock);
      if (held?.data.run !== id) return;
      // Only this very lock: another run may have it by the time the request arrives.
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: held.metadata.uid } };
      await ask({ method: "DELETE", path: pathOf(lockName(lock)), body })
        .catch(unless("kubernetes.not-found"))
        .catch(unless("kubernetes.conflict"));
    },
  };
}

/** A target's name may hold what an object's name may not. */
function lockName(lock: string): string {
  return `dfbot-lock-${createHash("sha256").update(lock).digest("hex").slice(0, 20)}`;
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof BotError && error.code === code) return undefined;
    throw error;
  };
}

function translated(
  error: unknown,
  codes: Readonly<Record<string, readonly [code: string, message: string]>>,
): unknown {
  const known = error instanceof BotError ? codes[error.code] : undefined;
  return known === undefined ? error : new BotError(known[0], known[1], "Read it again", { cause: error });
}
