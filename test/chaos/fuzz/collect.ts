import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Preloaded into the bot: on SIGUSR2 it collects its garbage, so that what is left can be weighed. */
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
process.on("SIGUSR2", () => collect());
