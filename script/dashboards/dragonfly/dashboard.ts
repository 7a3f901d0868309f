import type { Dashboard } from "../model.ts";
import { keysRow, memoryRow, replicationRow } from "./data.ts";
import { podsRow, snapshotsRow } from "./pods.ts";
import { instance, perInstance } from "./scope.ts";
import { clientsRow, commandsRow } from "./traffic.ts";
import { alertsRow, rolesRow, verdictRow } from "./verdict.ts";

/** The instance, from the verdict down to the pods: the order of questions in the night. */
export const dragonflyDashboard: Dashboard = {
  uid: "dragonfly-instance",
  title: "Dragonfly / Instance",
  description: "Shared and own Dragonfly instances: health, replication, memory, traffic, snapshots and pods.",
  tags: ["dragonfly"],
  variables: [
    {
      name: "namespace",
      label: "Namespace",
      description: "Where the instances run.",
      values: "label_values(dragonfly_master, namespace)",
    },
    {
      name: "app",
      label: "Instance",
      description: "Name of the Dragonfly resource.",
      values: 'label_values(dragonfly_master{namespace=~"$namespace"}, app)',
    },
    {
      name: "pod",
      label: "Pod",
      description: "Narrows the panels by pod; the verdict, lag and snapshots stay those of the whole instance.",
      values: `label_values(dragonfly_master{${instance}}, pod)`,
    },
  ],
  marks: [
    {
      name: "Role changes",
      expr: `sum ${perInstance} (changes(dragonfly_master{${instance}}[1m])) > 0`,
      text: "{{namespace}}/{{app}}: role changed",
    },
  ],
  rows: [
    verdictRow,
    rolesRow,
    replicationRow,
    memoryRow,
    commandsRow,
    clientsRow,
    keysRow,
    snapshotsRow,
    podsRow,
    alertsRow,
  ],
};
