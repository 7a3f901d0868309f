import { adminPort } from "../../platform/server-ports.ts";
import type { ReportTable } from "../../reports/model.ts";
import { sparkline } from "../../reports/sparkline.ts";
import type { InstanceObservation, RoutingObservation } from "./observe.ts";
import type { ObservedServer } from "./observe-servers.ts";
import { type ReadableServer, seenByPrimary, takeRoster } from "./roster.ts";
import { bytes, duration, percent } from "./units.ts";

const dash = "–";

/** One line a server, the figures that people compare first. */
export function serverTable(seen: InstanceObservation): ReportTable {
  const { primary } = takeRoster(seen.servers);
  return {
    title: "Servers",
    columns: [
      { title: "Pod", align: "left" },
      { title: "Role", align: "left" },
      { title: "Link", align: "left" },
      { title: "Lag", align: "right" },
      { title: "Memory", align: "right" },
      { title: "Last hour", align: "left" },
      { title: "RSS", align: "right" },
      { title: "Clients", align: "right" },
      { title: "Ops/s", align: "right" },
      { title: "Up", align: "right" },
      { title: "Restarts", align: "right" },
    ],
    rows: seen.servers.map((server) => {
      const restarts = server.pod === undefined ? dash : String(server.pod.restarts);
      if (!server.state.ok)
        return [server.name, "unknown", dash, dash, dash, trendOf(seen, server.name), dash, dash, dash, dash, restarts];
      const { memory, clients, opsPerSecond, uptimeSeconds, role } = server.state.value;
      return [
        server.name,
        role.kind,
        linkWord(server),
        lagWord(server, primary),
        memory.maxBytes > 0 ? percent(memory.usedBytes / memory.maxBytes) : bytes(memory.usedBytes),
        trendOf(seen, server.name),
        bytes(memory.rssBytes),
        String(clients.connected),
        String(Math.round(opsPerSecond)),
        duration(uptimeSeconds),
        restarts,
      ];
    }),
  };
}

/** Who is who: the operator's label, the server's own word, and which Services lead there. */
export function routingTable(seen: RoutingObservation): ReportTable {
  const { primary } = takeRoster(seen.servers);
  const services = (ip: string | undefined) =>
    seen.endpoints.ok
      ? seen.endpoints.value.filter((e) => e.ready && e.address === ip && e.port !== adminPort).map((e) => e.service)
      : undefined;
  return {
    title: "Roles",
    columns: [
      { title: "Pod", align: "left" },
      { title: "Label", align: "left" },
      { title: "Server says", align: "left" },
      { title: "Link", align: "left" },
      { title: "Lag", align: "right" },
      { title: "Behind Service", align: "left" },
    ],
    rows: seen.servers.map((server) => [
      server.name,
      server.pod?.roleLabel ?? dash,
      server.state.ok ? server.state.value.role.kind : "unknown",
      linkWord(server),
      lagWord(server, primary),
      services(server.pod?.ip)?.join(", ") || dash,
    ]),
  };
}

/** The memory of the last hour as bars; unknown when the metrics could not be read. */
function trendOf({ memoryTrend }: InstanceObservation, pod: string): string {
  if (!memoryTrend.ok) return "unknown";
  const points = memoryTrend.value.find(({ labels }) => labels["pod"] === pod)?.points ?? [];
  return sparkline(points.map(([, value]) => value)) || dash;
}

function linkWord({ state }: ObservedServer): string {
  if (!state.ok || state.value.role.kind === "primary") return dash;
  const { link } = state.value.role;
  return link.up ? (link.syncInProgress ? "syncing" : "up") : "down";
}

function lagWord(server: ObservedServer, primary: ReadableServer | undefined): string {
  const lag = primary === undefined ? undefined : seenByPrimary(primary, server)?.lagRecords;
  return lag === undefined ? dash : String(lag);
}
