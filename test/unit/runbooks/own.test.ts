import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { PlatformChanges } from "../../../src/platform/changes.ts";
import type { Platform } from "../../../src/platform/ports.ts";
import { loadRunbooks } from "../../../src/runbooks/own/load.ts";
import { runbookTools } from "../../../src/runbooks/own/tools.ts";
import { createTestKit, type TestKit, type TestKitOptions } from "../../../src/runbooks/test-kit.ts";
import { config, fakePlatform, primaryState, replicaState } from "../../fakes/platform.ts";
import { noChanges } from "../../fakes/platform-changes.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/write-a-runbook.md"), "utf8");
const example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function directoryWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dfbot-runbooks-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The page's runbook in a world that saves when it is told to, and may die at every boundary. */
async function kitOf(options: Partial<TestKitOptions> = {}) {
  const saves: string[] = [];
  let kit: TestKit;
  const base = fakePlatform();
  const platform: Platform = {
    ...base,
    servers: {
      ...base.servers,
      state: async ({ pod }) => {
        if (pod === "dragonfly-0") return primaryState();
        const { snapshot, ...state } = replicaState();
        const saved = saves.includes(pod) ? { lastSuccessAt: "2026-01-02T13:00:00Z" } : {};
        return { ...state, snapshot: { ...snapshot, ...saved } };
      },
    },
  };
  const refused = async () => {
    throw new Error("not what this runbook does");
  };
  const changes: PlatformChanges = {
    follow: refused,
    loadAccessList: refused,
    evictPod: refused,
    snapshot: async ({ pod }) => {
      kit.boundary(`before save ${pod}`);
      saves.push(pod);
      kit.boundary(`after save ${pod}`);
    },
  };
  const tools = runbookTools({ config, platform, changes });
  const { changes: runbooks } = await loadRunbooks(directoryWith({ "save-replica.mjs": example }), tools, []);
  kit = createTestKit({ ...options, runbooks });
  return { kit, saves };
}

describe("the runbook of docs/write-a-runbook.md", () => {
  it("is about twenty lines, and does what it says", async () => {
    expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(28);
    const { kit, saves } = await kitOf();
    const { record } = await kit.run({ pod: "dragonfly-1" });
    expect(record).toMatchObject({ state: "succeeded", conclusion: { summary: "dragonfly-1: asked" } });
    expect(saves).toEqual(["dragonfly-1"]);
  });

  it("killed at every boundary in turn, still does it once", async () => {
    const { boundaries } = await (await kitOf()).kit.run({ pod: "dragonfly-1" });
    expect(boundaries).toContain("after save dragonfly-1");
    for (const index of boundaries.keys()) {
      const { kit, saves } = await kitOf({ crashAt: [index] });
      const { record } = await kit.run({ pod: "dragonfly-1" });
      expect([boundaries[index], record.state, saves]).toEqual([boundaries[index], "succeeded", ["dragonfly-1"]]);
    }
  });

  it("refuses the primary before anybody is asked", async () => {
    const { record } = await (await kitOf()).kit.run({ pod: "dragonfly-0" });
    expect(record).toMatchObject({ state: "failed", failure: { code: "change.refused" } });
  });
});

describe("a directory of runbooks", () => {
  const tools = runbookTools({
    config,
    platform: fakePlatform(),
    changes: noChanges,
  });
  const read = (id: string) =>
    `export default ({ defineRunbook, z }) => defineRunbook({ id: "${id}", title: "T", description: "D", effect: "read", params: z.strictObject({}), run: async () => ({ summary: "s", findings: [], tables: [] }) });`;

  it("gives read and change runbooks, in the order of their files, and leaves tests and other files alone", async () => {
    const folder = directoryWith({
      "b.ts": read("second").replace("({ defineRunbook, z })", "({ defineRunbook, z }: any)"),
      "a.js": read("first"),
      "a.test.ts": "throw new Error('not loaded')",
      "notes.md": "# Notes",
    });
    const { reads, changes } = await loadRunbooks(folder, tools, []);
    expect(reads.map(({ id }) => id)).toEqual(["first", "second"]);
    expect(changes).toEqual([]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["a file that is not JavaScript", { "a.mjs": "export default (" }, /a\.mjs cannot be used/],
    ["a file without a default export", { "a.mjs": "export const x = 1;" }, /default export is not a function/],
    ["something that is no runbook", { "a.mjs": "export default () => ({ id: 'a' })" }, /a\.mjs cannot be used: title/],
    ["a name that cannot be typed", { "a.mjs": read("Two Words") }, /id: must be lower case/],
    ["a name twice", { "a.mjs": read("same"), "b.mjs": read("same") }, /b\.mjs.*another runbook "same"/],
    ["a name that ships with the bot", { "a.mjs": read("status") }, /another runbook "status"/],
  ])("refuses %s, and says where", async (_, files, words) => {
    const loading = loadRunbooks(directoryWith(files), tools, ["status"]);
    await expect(loading).rejects.toMatchObject({ code: "runbooks.load", message: expect.stringMatching(words) });
  });

  it("that is not there is an error that names it", async () => {
    await expect(loadRunbooks("/nonexistent-runbooks", tools, [])).rejects.toThrow(
      /nonexistent-runbooks cannot be used/,
    );
  });
});
