import { readdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { parseQuantity } from "../../src/platform/quantity.ts";
import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "../world/places.ts";
import { claimView, listViews } from "../world/views.ts";
import { operatorAnswers, operatorTargets } from "./operator-targets.ts";
import { podTargets, type Target } from "./pod-targets.ts";

export interface ScrapeOptions {
  readonly objects: ObjectStore;
  /** Holds one folder a volume. */
  readonly volumes: string;
}

export interface ScrapePages {
  readonly port: number;
  /** How many volumes the kubelet's page tells of. */
  volumes(): number;
  fillVolume(claim: string, share: number | undefined): void;
  /** Something that is scraped although no PodMonitor selects it. */
  addTarget(target: Target): void;
  stop(): Promise<void>;
}

/** Pages for the metrics store: where the pods are (as the monitors say), the kubelet's, and the operator's pods'. */
export async function startScrapePages(options: ScrapeOptions): Promise<ScrapePages> {
  const fills = new Map<string, number>();
  const added: Target[] = [];
  const server = createServer((request, response) => {
    const { url = "" } = request;
    const answers = operatorAnswers(options.objects, url);
    if (url === "/pods") {
      const targets = [...podTargets(options.objects), ...operatorTargets(options.objects, portOf(server)), ...added];
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(targets));
    } else if (answers !== undefined) {
      // That it is up is all that the rules ask of it.
      response.writeHead(answers ? 200 : 503, { "content-type": "text/plain" }).end();
    } else if (url === "/kubelet/metrics") {
      response.writeHead(200, { "content-type": "text/plain" }).end(volumePage(options, fills));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server),
    volumes: () => listViews(options.objects, places.claims, claimView).length,
    fillVolume: (claim, share) => {
      if (share === undefined) fills.delete(claim);
      else fills.set(claim, share);
    },
    addTarget: (target) => void added.push(target),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** `kubelet_volume_stats_*` from what really lies in the volumes' folders. */
function volumePage({ objects, volumes }: ScrapeOptions, fills: ReadonlyMap<string, number>): string {
  const claims = listViews(objects, places.claims, claimView).map(({ metadata, spec }) => {
    const capacity = parseQuantity(spec.resources.requests.storage) ?? 0;
    const share = fills.get(metadata.name);
    const used = share === undefined ? folderSize(join(volumes, metadata.namespace, metadata.name)) : share * capacity;
    const labels = `namespace="${metadata.namespace}",persistentvolumeclaim="${metadata.name}"`;
    return { labels, capacity, used: Math.round(used) };
  });
  const gauge = (name: string, value: (claim: (typeof claims)[number]) => number) =>
    `# TYPE kubelet_volume_stats_${name} gauge\n${claims
      .map((claim) => `kubelet_volume_stats_${name}{${claim.labels}} ${value(claim)}\n`)
      .join("")}`;
  return [
    gauge("capacity_bytes", ({ capacity }) => capacity),
    gauge("used_bytes", ({ used }) => used),
    gauge("available_bytes", ({ capacity, used }) => capacity - used),
  ].join("");
}

function folderSize(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(folder, entry.name)).size, 0);
  } catch {
    // Not there before the pod's first start, and files come and go while a snapshot is written.
    return 0;
  }
}
