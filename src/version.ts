import manifest from "../package.json" with { type: "json" };

/** Which bot this is, as its image is tagged: `0.1.0`. */
export const version: string = manifest.version;
