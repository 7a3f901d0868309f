import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../../../sandbox/dragonfly/find-store.ts";
import { addresses, prefix } from "./addresses.ts";

/** Network namespaces of a test's own, joined by a cable; nothing leaves them. */
export interface Namespaces {
  /** Starts a program in the namespace that asks; with a resolv.conf as a pod has it. */
  asClient(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** In a namespace without any network, whose DNS server is its own loopback. */
  asLonely(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** In the namespace that answers. */
  asServer(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Takes everything away again; also done when the process ends before. */
  remove(): void;
}

const named = "dfbot-probe";
const resolvers = "/etc/netns";
const programs = [
  ["ip", "iproute2"],
  ["nft", "nftables"],
] as const;

const nameOf = (part: string) => `${named}-${process.pid}-${part}`;

/** Why there can be no namespaces with these rules here and how to get them, or undefined. */
export function unfit(rules: string): string | undefined {
  if (process.platform !== "linux")
    return "network namespaces need Linux: run the tests in a container or a virtual machine";
  const missing = programs.filter(([program]) => onPath(program, process.env["PATH"] ?? "") === undefined);
  if (missing.length > 0) {
    return `${missing.map(([program]) => program).join(" and ")} missing: apt-get install ${missing.map(([, debian]) => debian).join(" ")}`;
  }
  if (process.getuid?.() !== 0) return "network namespaces need root: sudo script/test test/integration/probe";
  const trial = nameOf("trial");
  try {
    run("ip", ["netns", "add", trial]);
  } catch {
    return "network namespaces are not permitted here: run the container with --privileged, or with CAP_SYS_ADMIN and CAP_NET_ADMIN";
  }
  try {
    run("ip", ["netns", "exec", trial, "nft", "-f", "-"], rules);
    return undefined;
  } catch (error) {
    return `this kernel lacks a part of nftables (CONFIG_NF_TABLES, NFT_REJECT, NFT_NAT, NFT_CT): ${error instanceof Error ? error.message : error}`;
  } finally {
    removeNamespace(trial);
  }
}

/** Makes the namespaces, with `rules` (nftables) on the side that answers. Throws when that fails, and leaves nothing behind. */
export function makeNamespaces(resolvConf: string, rules: string): Namespaces {
  removeLeftovers();
  const [client, server, lonely] = [nameOf("client"), nameOf("server"), nameOf("lonely")] as const;
  const remove = () => {
    for (const name of [client, server, lonely]) removeNamespace(name);
    process.off("exit", remove);
  };
  process.on("exit", remove);
  try {
    for (const name of [client, server, lonely]) {
      run("ip", ["netns", "add", name]);
      run("ip", ["-n", name, "link", "set", "lo", "up"]);
    }
    run("ip", ["link", "add", "eth0", "netns", client, "type", "veth", "peer", "name", "eth0", "netns", server]);
    batch(client, [...prefix.map((one) => `address add ${one(addresses.client)} dev eth0 nodad`), "link set eth0 up"]);
    batch(server, [
      ...Object.entries(addresses)
        .filter(([name]) => name !== "client" && name !== "nobody")
        .flatMap(([, host]) => prefix.map((one) => `address add ${one(host)} dev eth0 nodad`)),
      "link set eth0 up",
    ]);
    run("ip", ["netns", "exec", server, "nft", "-f", "-"], rules);
    giveResolver(client, resolvConf);
    giveResolver(lonely, "nameserver 127.0.0.1\n");
  } catch (error) {
    remove();
    throw error;
  }
  const inside =
    (name: string): Namespaces["asClient"] =>
    (program, args, options = {}) =>
      spawn("ip", ["netns", "exec", name, program, ...args], options);
  return { asClient: inside(client), asServer: inside(server), asLonely: inside(lonely), remove };
}

function batch(name: string, lines: readonly string[]): void {
  run("ip", ["-n", name, "-batch", "-"], `${lines.join("\n")}\n`);
}

/** `ip netns exec` puts it in the place of /etc/resolv.conf. */
function giveResolver(name: string, text: string): void {
  mkdirSync(join(resolvers, name), { recursive: true });
  writeFileSync(join(resolvers, name, "resolv.conf"), text);
}

function removeNamespace(name: string): void {
  if (existsSync(`/run/netns/${name}`)) run("ip", ["netns", "delete", name]);
  rmSync(join(resolvers, name), { recursive: true, force: true });
  if (existsSync(resolvers) && readdirSync(resolvers).length === 0) rmdirSync(resolvers);
}

/** Of runs that were killed: their names carry the id of a process that is gone. */
function removeLeftovers(): void {
  for (const folder of ["/run/netns", resolvers]) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const pid = new RegExp(`^${named}-(\\d+)-`).exec(name)?.[1];
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeNamespace(name);
    }
  }
}

function run(program: string, args: readonly string[], input = ""): void {
  execFileSync(program, args, { input, stdio: ["pipe", "ignore", "pipe"] });
}
