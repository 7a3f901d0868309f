/** What a test tells of one alert group. */
export interface Told {
  readonly alertname?: string;
  readonly status?: "firing" | "resolved";
  readonly pods?: readonly string[];
  /** Tells groups of one name apart. */
  readonly group?: string;
  readonly severity?: string;
  readonly startsAt?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A notification as Alertmanager posts it to a webhook. */
export function notification(told: Told) {
  const { alertname = "DragonflyReplicaLinkDown", status = "firing", pods = ["dragonfly-1"], group = "" } = told;
  const groupLabels = { alertname, namespace: "dragonfly-system", app: "dragonfly", test: group };
  const labels = { ...groupLabels, severity: told.severity ?? "warning" };
  return {
    version: "4",
    groupKey: `{}:{alertname="${alertname}"}`,
    truncatedAlerts: 0,
    status,
    receiver: "dfbot",
    groupLabels,
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: "http://alertmanager",
    alerts: pods.map((pod, n) => ({
      status,
      labels: { ...labels, pod },
      annotations: told.annotations ?? {
        summary: "A replica has lost its primary",
        runbook_url: "https://git.example.com/runbook.md",
      },
      startsAt: told.startsAt ?? "2026-01-02T12:00:00Z",
      endsAt: status === "resolved" ? "2026-01-02T12:10:00Z" : "0001-01-01T00:00:00Z",
      generatorURL: "",
      fingerprint: Buffer.from(`${n}${alertname.slice(-3)}${group}`)
        .toString("hex")
        .slice(0, 32),
    })),
  };
}
