import { globSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Programs: they do something when they are loaded, and are run by themselves. */
const programs = ["src/main.ts", "src/probe/main.ts"];

// Node keeps what it compiled in NODE_COMPILE_CACHE when a process ends by itself. So everything is loaded here once, also what the
// service loads only when it is needed: a module that is not in the cache costs it the whole type stripper.
for (const file of globSync("src/**/*.ts", { exclude: programs })) await import(pathToFileURL(resolve(file)).href);
