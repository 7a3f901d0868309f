import { askAdmin } from "../../../../../sandbox/world/operator/admin.ts";
import { type Mutation, podsOf } from "../mutation.ts";

export const servers: readonly Mutation[] = [
  {
    name: "a replica follows nobody",
    red: [
      "ac2.primary",
      "ac2.labels",
      "ac2.replicas.in-sync",
      "ac2.snapshot",
      "ac3.endpoints.primary",
      "hardening.queue.safe",
    ],
    make: async (world) => {
      const ip = podsOf(world, "replica")[0]?.status.podIP ?? "";
      await askAdmin(ip, "REPLICAOF", "NO", "ONE");
      return () => askAdmin(ip, "REPLICAOF", podsOf(world, "master")[0]?.status.podIP ?? "", "9999");
    },
  },
];
