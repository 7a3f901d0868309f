/**
 * Prints the JSON Schema of dfbot.yaml, generated from the zod schema that the bot itself uses.
 *   node script/config-schema.ts > deploy/dfbot.schema.json
 */
import { z } from "zod";
import { configSchema } from "../src/config/file.ts";

const schema = { title: "dfbot.yaml", ...z.toJSONSchema(configSchema, { io: "input", target: "draft-2020-12" }) };
process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
