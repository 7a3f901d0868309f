import { expect, vi } from "vitest";

/**
 * How long a test waits for something that must come, unless it says otherwise. Vitest's own second would test the machine, which
 * may be busy. What comes is waited for no longer than before; only what never comes fails later.
 */
const patienceMs = 20_000;
const patient = <Options extends object>(options?: number | Options) =>
  typeof options === "number" ? options : { timeout: patienceMs, ...options };

const { waitFor, waitUntil } = vi;
vi.waitFor = (look, options) => waitFor(look, patient(options));
vi.waitUntil = (look, options) => waitUntil(look, patient(options));
const { poll } = expect;
expect.poll = (look, options) => poll(look, { timeout: patienceMs, ...options });
