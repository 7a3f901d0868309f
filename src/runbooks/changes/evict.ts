import type { InstanceConfig } from "../../config/file.ts";
import type { Effect } from "../durable/definition.ts";
import type { ChangeDeps, Member } from "./members.ts";

/** The effect of evicting one very pod: done when no pod has its uid any more. */
export function eviction({ platform, changes }: ChangeDeps, instance: InstanceConfig, member: Member): Effect<string> {
  const { cluster, namespace, name } = instance;
  return {
    find: async ({ signal }) => {
      const pods = await platform.cluster(cluster).pods(namespace, `app=${name}`, signal);
      return pods.some(({ meta }) => meta.uid === member.uid) ? undefined : "gone";
    },
    apply: async ({ signal }) => {
      await changes.evictPod({ cluster, namespace, name: member.pod, uid: member.uid }, signal);
      return "evicted";
    },
  };
}
