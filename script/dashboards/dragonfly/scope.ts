import { configSchema } from "../../../src/config/file.ts";

/** The bot's own defaults, so that a panel is red when the status report says so. */
export const limits = configSchema.parse({}).thresholds;

/** All pods of the chosen instances: for what only the whole instance can answer. */
export const instance = 'namespace=~"$namespace",app=~"$app"';
/** The chosen pods. */
export const pods = `${instance},pod=~"$pod"`;
/** The same for metrics that are not Dragonfly's own and have no `app`. */
export const containers = 'namespace=~"$namespace",pod=~"$pod",container="dragonfly"';
/** The operator names a claim `df-<app>-<ordinal>`. */
export const claims = 'namespace=~"$namespace",persistentvolumeclaim=~"df-($app)-[0-9]+"';

export const perInstance = "by (namespace, app)";
export const nameOfInstance = "{{namespace}}/{{app}}";
export const perPod = "by (namespace, app, pod)";

/** Sizes of panels: verdicts by six in a line, graphs by two or three. */
export const verdict = { width: 4, height: 4 };
export const half = { width: 12, height: 8 };
export const third = { width: 8, height: 8 };
export const wide = { width: 24, height: 6 };
