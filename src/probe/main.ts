import { explain } from "../errors.ts";
import { parseOptions, usage } from "./options.ts";
import { probe } from "./probe.ts";

/**
 * The connectivity probe: a process of its own in a throwaway pod. It prints one JSON document (result.ts) on stdout and
 * nothing else, because a pod's log mixes both streams. An entry of its own, not a command of `dfbot`, which takes twice
 * the time to start; so would ioredis here. The protocol needs sixty lines, and a client that reconnects by itself hides what
 * a probe is to find out.
 */
process.exit(await run());

async function run(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if ("problem" in parsed) return print(process.stderr, `probe: ${parsed.problem}\n`, 2);
  if ("help" in parsed) return print(process.stdout, usage, 0);
  // A pod that is being deleted is asked to end first: what is known by then is still worth saying.
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  return probe(parsed.options, stop.signal).then(
    (result) => print(process.stdout, `${JSON.stringify(result)}\n`, 0),
    (error: unknown) => print(process.stderr, `probe: ${explain(error)}\n`, 1),
  );
}

/** The code, once the text is written: a large document to a pipe is written in pieces. */
function print(stream: NodeJS.WriteStream, text: string, code: number): Promise<number> {
  return new Promise((resolve) => stream.write(text, () => resolve(code)));
}
