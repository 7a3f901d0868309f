import { describe, expect, it } from "vitest";
import { countClients } from "../../../src/dragonfly/clients.ts";

/** As Dragonfly v1.40.1 answers CLIENT LIST, recorded. */
const line = (more: string) =>
  `id=133 ${more} tid=0 irqmatch=1 age=0 idle=0 tot-cmds=1 tot-net-in=30 tot-read-calls=1 tot-dispatches=0 db=0 phase=readsock lib-name= lib-ver=`;

describe("the clients of a server", () => {
  it("are counted by address, the most first", () => {
    const list = [
      line("addr=10.0.0.7:60974 laddr=10.0.0.1:6379 fd=14 name=133"),
      line("addr=10.0.0.8:60974 laddr=10.0.0.1:6379 fd=15 name=134"),
      line("addr=10.0.0.8:60975 laddr=10.0.0.1:6379 fd=16 name=135"),
      line("addr=[fd00::7]:60975 laddr=[fd00::1]:6379 fd=16 name=135"),
    ].join("\n");
    expect(countClients(list)).toEqual([
      { address: "10.0.0.8", connections: 2 },
      { address: "10.0.0.7", connections: 1 },
      { address: "fd00::7", connections: 1 },
    ]);
  });

  it("are not the replicas, nor who came through the admin port", () => {
    const list = [
      line("addr=10.0.0.2:56756 laddr=10.0.0.1:6379 fd=9 name=repl_ctrl_1"),
      line("addr=10.0.0.2:56776 laddr=10.0.0.1:6379 fd=12 name=repl_flow_1"),
      "id=3 addr=10.0.0.1:9999 laddr=10.0.0.2:56756 fd=11 name= tid=1 irqmatch=0 age=44 idle=0 db=0 flags=M repl-phase=stable_sync",
      line("addr=10.0.0.9:1234 laddr=10.0.0.1:9999 fd=14 name=1"),
      "id=9 addr=10.0.0.2:1234 laddr=10.0.0.1:6379 fd=8 name= age=1 idle=1 flags=S db=0",
      "",
      "nonsense",
    ].join("\n");
    expect(countClients(list)).toEqual([]);
  });
});
