import type { PodAddress } from "./ports.ts";

/** What change runbooks may do to the world, once a plan is approved. Each is safe to be asked for twice. */
export interface PlatformChanges {
  /**
   * Asks a server to save its data. It answers at once, and OK in any case: only its own words on its last save tell
   * whether that worked. Throws BotError `server.*` when it could not be asked.
   */
  snapshot(address: PodAddress, signal: AbortSignal): Promise<void>;
  /** Makes a server a replica of the one at this address, by its admin port, with a full sync. */
  follow(address: PodAddress, primaryIp: string, signal: AbortSignal): Promise<void>;
  /**
   * Has a server read its access list from its file, as the pod has it mounted at that moment. The server closes the connections of
   * every user then (not of `default`), and they log in again. Throws BotError `server.acl` with the server's reason when it refuses
   * the file; its rules stay as they were.
   */
  loadAccessList(address: PodAddress, signal: AbortSignal): Promise<void>;
  /**
   * Evicts this very pod, not another one of its name. Nothing happens when it is gone. Throws BotError
   * `kubernetes.disruption-budget` when the instance can do without no pod now.
   */
  evictPod(
    pod: { readonly cluster: string; readonly namespace: string; readonly name: string; readonly uid: string },
    signal: AbortSignal,
  ): Promise<void>;
}
