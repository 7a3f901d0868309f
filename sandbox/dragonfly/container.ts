import { mkdirSync, renameSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createAcl } from "./acl.ts";
import type { Exit } from "./child.ts";
import { startDragonfly } from "./dragonfly-process.ts";
import { type Facade, openFacade } from "./facade.ts";
import type { StoreBinary, StoreKind } from "./find-store.ts";
import { flag, sizeFlag } from "./flags.ts";
import { redisBehind } from "./redis-behind.ts";
import { snapshotFile, startRedis } from "./redis-process.ts";
import { openRelay } from "./relay.ts";
import { type Snapshots, trackSnapshots } from "./snapshots.ts";

export interface ContainerOptions {
  readonly store: StoreBinary;
  readonly ip: string;
  /** `--requirepass`; empty for none. */
  readonly password: string;
  /** `--aclfile`, where the pod's mount of it is on this machine. */
  readonly aclFile?: string | undefined;
  /** Of the image: `v1.40.1`. A store that is not Dragonfly says it too. */
  readonly version: string;
  /** The pod's, as the operator gives them to Dragonfly. */
  readonly args: readonly string[];
  /** The pod's volume. */
  readonly directory: string;
  readonly memory: PodMemory;
  readonly onLine: (line: string) => void;
}

/** What outlives a container in its pod. */
export interface PodMemory {
  /** Replication ids under which ended processes of this pod fed replicas; they are no longer served. */
  readonly formerIds: Set<string>;
  /** Addresses whose replication links are cut. */
  readonly cutOff: Set<string>;
}

/** One start of the `dragonfly` container: a real store process with the operator's ports open on the pod's address. */
export interface StoreContainer {
  readonly pid: number;
  readonly startedAt: Date;
  /** Resolves when the ports are open; rejects when the process ends before that. */
  readonly opened: Promise<void>;
  /** Resolves when the process is gone and its ports are closed. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** Cuts the replication link of the replica at this address, until `mend`. */
  cut(address: string): void;
  mend(address: string): void;
  /** A snapshot as the schedule makes it. */
  snapshot(): Promise<void>;
}

export function startContainer(options: ContainerOptions): StoreContainer {
  const { memory } = options;
  const running = options.store.kind === "dragonfly" ? runDragonfly(options) : runRedis(options);
  const { child } = running;
  const exited = child.exited.then(async (exit) => {
    const facade = await running.facade.catch(() => undefined);
    await facade?.close();
    return exit;
  });
  const withFacade = (action: (facade: Facade) => void) => {
    running.facade.then(action, () => undefined);
  };
  return {
    pid: child.pid,
    startedAt: child.startedAt,
    opened: running.facade.then(() => undefined),
    exited,
    kill: child.kill,
    cut: (address) => {
      memory.cutOff.add(address);
      withFacade((facade) => facade.cut(address));
    },
    mend: (address) => {
      memory.cutOff.delete(address);
      withFacade((facade) => facade.mend(address));
    },
    snapshot: running.snapshot,
  };
}

interface Running {
  readonly child: Pick<StoreContainer, "pid" | "startedAt" | "exited" | "kill">;
  readonly facade: Promise<Facade>;
  readonly snapshot: () => Promise<void>;
}

function runRedis(options: ContainerOptions): Running {
  const { store, memory } = options;
  let snapshots: Snapshots | undefined;
  let attempts = 0;
  const ids = new Set<string>();
  const child = startRedis({
    ...options,
    program: store.path,
    maxMemoryBytes: sizeFlag(options.args, "maxmemory"),
    onLine: (line) => {
      if (/Connecting to (?:MASTER|PRIMARY) /.test(line)) attempts++;
      snapshots?.onLine(line);
      options.onLine(line);
    },
  });
  const facade = child.control.then(async (control) => {
    const acl = createAcl({ ...options, control, file: options.aclFile });
    await acl.start();
    snapshots = trackSnapshots(control, child.startedAt);
    const server = redisBehind({
      ...options,
      program: store.path,
      version: `df-${options.version}`,
      threads: Number(flag(options.args, "proactor_threads") ?? 1),
      snapshotCron: flag(options.args, "snapshot_cron") ?? "",
      control,
      ownLogin: child.ownLogin,
      acl,
      snapshots,
      formerIds: new Set(memory.formerIds),
      onPrimaryId: (id) => ids.add(id),
      connectAttempts: () => attempts,
    });
    return openFacade(server, memory.cutOff);
  });
  facade.catch(() => {});
  void child.exited.then(() => {
    for (const id of ids) memory.formerIds.add(id);
  });
  return {
    child,
    facade,
    snapshot: async () => {
      await facade;
      await snapshots?.scheduled();
    },
  };
}

function runDragonfly(options: ContainerOptions): Running {
  const child = startDragonfly({ ...options, program: options.store.path, aclFile: options.aclFile });
  const facade = child.control.then(() => openRelay(options.ip, options.memory.cutOff));
  facade.catch(() => {});
  return {
    child,
    facade,
    snapshot: async () => {
      const control = await child.control;
      await control.command("SAVE");
    },
  };
}

/** The file that a snapshot is written to, by the program that writes it. */
function snapshotTarget(kind: StoreKind, directory: string): string {
  return join(directory, kind === "dragonfly" ? "dump-summary.dfs" : snapshotFile);
}

/** Puts something in the way of the next snapshot, so that it fails for root too. */
export function blockSnapshots(kind: StoreKind, directory: string): void {
  const target = snapshotTarget(kind, directory);
  if (isFile(target)) renameSync(target, `${target}.kept`);
  mkdirSync(target, { recursive: true });
}

export function unblockSnapshots(kind: StoreKind, directory: string): void {
  const target = snapshotTarget(kind, directory);
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) rmdirSync(target);
  if (isFile(`${target}.kept`)) renameSync(`${target}.kept`, target);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
