import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyChain } from "../../../src/audit/chain.ts";
import type { AuditContents } from "../../../src/audit/entry.ts";
import { openAuditJournal, readAuditJournal } from "../../../src/journal/audit-journal.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dfbot-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = join(import.meta.dirname, "../../..");
const contents: AuditContents = {
  at: "2026-01-02T12:00:00.000Z",
  actor: { person: "ann", via: "slack", identity: "U1" },
  action: "approval.approved",
};

describe("the audit journal", () => {
  it("goes on with its chain when it is opened again", () => {
    const first = openAuditJournal(folder, () => "a");
    first.append(contents);
    first.close();
    const second = openAuditJournal(folder, () => "a");
    expect(second.append(contents)).toMatchObject({ writer: "a", seq: 2 });
    expect(verifyChain(second.entries())).toMatchObject({ entries: 2, problems: [] });
    second.close();
  });

  it("has lost nothing that was acknowledged when its process is killed, at any moment", async () => {
    const script = `
      import { openAuditJournal } from ${JSON.stringify(join(root, "src/journal/audit-journal.ts"))};
      const journal = openAuditJournal(${JSON.stringify(folder)}, () => "a");
      for (;;) { const { seq } = journal.append(${JSON.stringify(contents)}); process.stdout.write(seq + "\\n"); }`;
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let acknowledged = 0;
      const gone = new Promise((resolve) => child.once("close", resolve));
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        if (acknowledged >= 20 * (round + 1)) child.kill("SIGKILL");
      }
      await gone;
      const entries = readAuditJournal(folder);
      expect(entries.length).toBeGreaterThanOrEqual(acknowledged);
      expect(verifyChain(entries).problems).toEqual([]);
    }
  });

  it("refuses to change or delete what is in it, and shows it when somebody did so behind its back", () => {
    const journal = openAuditJournal(folder, () => "a");
    for (let n = 0; n < 3; n++) journal.append(contents);
    journal.close();
    const database = new DatabaseSync(join(folder, "audit.sqlite"));
    expect(() => database.exec("DELETE FROM audit WHERE id = 2")).toThrow("only added to");
    expect(() => database.exec("UPDATE audit SET entry = '{}'")).toThrow("only added to");
    database.exec("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE id = 2");
    database.close();
    expect(verifyChain(readAuditJournal(folder)).problems).toHaveLength(1);
  });

  it("says what to do when its directory cannot be used", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(() => openAuditJournal(file, () => "a")).toThrow(/no audit log that can be written/);
    expect(() => readAuditJournal(join(folder, "nowhere"))).toThrow(/no audit log that can be read/);
    chmodSync(file, 0o600);
  });
});

describe("dfbot audit verify", () => {
  const verify = (...args: readonly string[]) => {
    try {
      const env = { PATH: process.env["PATH"], DATA_DIR: folder };
      const out = execFileSync(process.execPath, [join(root, "src/main.ts"), "audit", "verify", ...args], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      return { code: 0, out, err: "" };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return { code: status, out: stdout, err: stderr };
    }
  };

  it("says that an empty log is one, and of none where it was looked for", () => {
    openAuditJournal(folder, () => "dfbot-0").close();
    expect(verify()).toEqual({ code: 0, err: "", out: "0 entries; the chain holds.\n" });
    rmSync(folder, { recursive: true });
    expect(verify().err).toMatch(/^dfbot: There is no audit log that can be read in \S+\. Check DATA_DIR[^\n]+\n$/);
  });

  it("proves a chain, names its heads, and fails against a head that is gone", () => {
    const journal = openAuditJournal(folder, () => "dfbot-0");
    journal.append(contents);
    const { hash } = journal.append(contents);
    journal.close();
    expect(verify()).toEqual({
      code: 0,
      err: "",
      out: `2 entries; the chain holds. Newest of each writer:\n  dfbot-0 2 ${hash}\n`,
    });
    expect(verify("--head", hash).code).toBe(0);
    expect(verify("--head", "f".repeat(64))).toMatchObject({
      code: 1,
      err: expect.stringContaining("cut off the end"),
    });
  });

  it("says what to do where there is no log", () => {
    expect(verify()).toMatchObject({ code: expect.any(Number), err: expect.stringContaining("Check DATA_DIR") });
    expect(verify().code).not.toBe(0);
  });
});
