import type { Config } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding, fromReading } from "../instance/findings.ts";
import type { InstanceObservation } from "../instance/observe.ts";
import { ageSeconds, plural } from "../instance/units.ts";
import type { GatheredEvidence } from "./gather.ts";

const section = "Load";
/** From here on one address is a storm: most of the clients, and more than a pool needs. */
const stormShare = 0.5;
const stormConnections = 50;
const hotSeconds = 600;
const hotMs = 1_000;

/** Whether most of the clients of a server come from one address. */
export function assessClients({ clients }: GatheredEvidence): readonly Finding[] {
  return [...clients].flatMap(([pod, reading]) => {
    const id = `clients.${pod}`;
    return fromReading({ id, section, what: `The clients of ${pod}` }, reading, (counts) => {
      const total = counts.reduce((sum, { connections }) => sum + connections, 0);
      const [most] = counts;
      const storm = most !== undefined && most.connections >= stormConnections && most.connections > total * stormShare;
      const lines = counts.slice(0, 10).map(({ address, connections }) => `${connections} from ${address}`);
      return [
        finding({
          id,
          section,
          verdict: storm ? "warn" : "ok",
          title: storm
            ? `${most.connections} of the ${total} clients of ${pod} come from one address: ${most.address}`
            : `The clients of ${pod} come from ${plural(counts.length, "address", "addresses")}, ${total} in all`,
          detail: storm
            ? "A client that opens connections and never closes them, or a retry loop without a pause."
            : "",
          evidence: [evidence(reading, lines.join("\n") || "no clients")],
        }),
      ];
    });
  });
}

/** Whether one command keeps a server busy now. */
export function assessHotCommands(seen: InstanceObservation, config: Config, now: Date): readonly Finding[] {
  return seen.servers.flatMap(({ name, state }) => {
    if (!state.ok) return [];
    const recent = state.value.slowLog.filter(
      ({ at, microseconds }) =>
        ageSeconds(at, now) < hotSeconds && microseconds >= config.thresholds.slowCommandMs * 1_000,
    );
    const byCommand = new Map<string, { calls: number; ms: number; client: string }>();
    for (const { command, microseconds, client } of recent) {
      const before = byCommand.get(command) ?? { calls: 0, ms: 0, client };
      byCommand.set(command, { calls: before.calls + 1, ms: before.ms + microseconds / 1_000, client });
    }
    const [hottest] = [...byCommand].toSorted(([, a], [, b]) => b.ms - a.ms);
    if (hottest === undefined || hottest[1].ms < hotMs) return [];
    const [command, { calls, ms, client }] = hottest;
    const from = client === "" ? "" : `, lastly for ${client.replace(/:\d+$/, "")}`;
    return [
      finding({
        id: `hot.${name}`,
        section,
        verdict: "warn",
        title: `${name} spent ${(ms / 1_000).toFixed(1)} s in ${calls} slow ${command} within ten minutes${from}`,
        evidence: [evidence(state, recent.map((one) => `${one.at} ${one.command} ${one.microseconds} us`).join("\n"))],
      }),
    ];
  });
}
