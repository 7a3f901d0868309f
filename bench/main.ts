import { ack } from "./ack.ts";
import { alerts } from "./alerts.ts";
import { durable } from "./durable.ts";
import { matrix } from "./matrix.ts";
import { type Line, text } from "./report.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { storm } from "./storm.ts";
import { verify } from "./verify.ts";
import { webhook } from "./webhook.ts";

/** script/bench [NAME ...] [--json]: every line a ratio against a baseline of the same run, the figures beside it. */
const benches: Readonly<Record<string, () => Promise<readonly Line[]>>> = {
  status,
  verify,
  matrix,
  ack,
  start,
  durable,
  alerts,
  storm,
  webhook,
};

const json = process.argv.includes("--json");
const wanted = process.argv.slice(2).filter((word) => word !== "--json");
const unknown = wanted.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}". There are: ${Object.keys(benches).join(", ")}.`);
  process.exit(2);
}
const lines: Line[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const line of await bench()) {
    lines.push(line);
    if (!json) console.log(text(line));
  }
}
if (json) console.log(JSON.stringify(lines, null, 2));
process.exit(0);
