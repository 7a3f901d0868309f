import { createHash } from "node:crypto";
import { z } from "zod";
import { BotError } from "../errors.ts";
import { isOpen, type RunRecord, runRecordSchema } from "../runbooks/durable/record.ts";
import type { KeptRun, RunStore } from "../runbooks/durable/store.ts";
import { badAnswer } from "./errors.ts";
import type { CallApi } from "./request.ts";

export interface RunStoreOptions {
  readonly cluster: string;
  /** The bot's own. */
  readonly namespace: string;
  readonly call: CallApi;
  /** For one request. */
  readonly timeoutMs: number;
}

const kept = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  data: z.object({ run: z.string() }),
});
const keptLock = z.object({ metadata: z.object({ uid: z.string() }), data: z.object({ run: z.string() }) });
const listed = z.object({
  items: z.array(kept),
  metadata: z.object({ continue: z.string().optional() }),
});
const openLabel = "dfbot.platform/open";
const recordLabel = "dfbot.platform/record";
const pageSize = "100";
/** An object of Kubernetes holds 1.5 MiB at most (etcd's default), a ConfigMap 1 MiB. */
const longestRecord = 900 * 1024;

/**
 * Keeps runs as ConfigMaps in the bot's own namespace: durable in etcd, seen by every replica, and written with the version
 * that was read, so that of two writers one wins. The Dragonfly that the queue is on may die; this does not notice.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function createRunStore({ cluster, namespace, call, timeoutMs }: RunStoreOptions): RunStore {
  const folder = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
  const pathOf = (name: string) => `${folder}/${encodeURIComponent(name)}`;
  const ask = (request: Parameters<CallApi>[0]) => call(request, AbortSignal.timeout(timeoutMs));

  const parse = (path: string, answer: unknown): KeptRun => {
    const object = kept.safeParse(answer);
    const record = object.success ? runRecordSchema.safeParse(jsonOf(object.data.data.run)) : object;
    if (!object.success || !record.success) {
      throw badAnswer(cluster, path, `not a run: ${record.error?.issues[0]?.message ?? "no data"}`, record.error);
    }
    return { record: record.data as RunRecord, revision: object.data.metadata.resourceVersion };
  };

  const manifest = (record: RunRecord, resourceVersion?: string) => {
    const run = JSON.stringify(record);
    if (run.length > longestRecord) {
      throw new BotError(
        "run.too-large",
        `Run ${record.id} has ${Math.round(run.length / 1024)} KiB of results, more than an object of the cluster holds`,
        "Let the runbook's steps return less",
      );
    }
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: runName(record.id),
        namespace,
        labels: {
          "app.kubernetes.io/name": "dfbot",
          [recordLabel]: "run",
          "dfbot.platform/state": record.state,
          [openLabel]: String(isOpen(record)),
        },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      data: { run },
    };
  };

  const get = async (id: string) => {
    const path = pathOf(runName(id));
    const answer = await ask({ method: "GET", path }).catch(unless("kubernetes.not-found"));
    return answer === undefined ? undefined : parse(path, answer);
  };

  const readLock = async (lock: string) => {
    const path = pathOf(lockName(lock));
    const answer = await ask({ method: "GET", path }).catch(unless("kubernetes.not-found"));
    return answer === undefined ? undefined : keptLock.parse(answer);
  };

  return {
    get,
    create: async (record) => {
      const body = manifest(record);
      try {
        return parse(folder, await ask({ method: "POST", path: folder, body }));
      } catch (error) {
        throw translated(error, { "kubernetes.exists": ["run.exists", `Run ${record.id} exists`] });
      }
    },
    update: async ({ revision }, record) => {
      const path = pathOf(runName(record.id));
      try {
        return parse(path, await ask({ method: "PUT", path, body: manifest(record, revision) }));
      } catch (error) {
        const changed = `Run ${record.id} was changed by somebody else`;
        throw translated(error, {
          "kubernetes.conflict": ["run.conflict", changed],
          "kubernetes.not-found": ["run.conflict", changed],
        });
      }
    },
    list: async (which) => {
      const all: KeptRun[] = [];
      let next = "";
      do {
        const query = {
          labelSelector: `${recordLabel}=run${which === "open" ? `,${openLabel}=true` : ""}`,
          limit: pageSize,
          ...(next === "" ? {} : { continue: next }),
        };
        const page = listed.safeParse(await ask({ method: "GET", path: folder, query }));
        if (!page.success) throw badAnswer(cluster, folder, "not a list of runs", page.error);
        all.push(...page.data.items.map((item) => parse(folder, item)));
        next = page.data.metadata.continue ?? "";
      } while (next !== "");
      return all.toSorted((a, b) => a.record.requestedAt.localeCompare(b.record.requestedAt));
    },
    remove: async (id) => {
      await ask({ method: "DELETE", path: pathOf(runName(id)) }).catch(unless("kubernetes.not-found"));
    },
    claim: async (lock, id) => {
      const metadata = {
        name: lockName(lock),
        namespace,
        labels: { "app.kubernetes.io/name": "dfbot", [recordLabel]: "lock" },
      };
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { lock, run: id } };
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

function runName(id: string): string {
  return `dfbot-run-${id}`;
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
