/** Dashboards as plain data; `render.ts` makes Grafana's JSON of them. */

export type Color = "green" | "orange" | "red" | "blue" | "text";

export interface Query {
  readonly expr: string;
  /** Grafana's legend format: `{{pod}}`. */
  readonly legend: string;
}

/** From this value on, this colour. The first step has no value. */
export interface Step {
  readonly from: number | null;
  readonly color: Color;
}

/** A value that stands for a word. */
export interface Meaning {
  readonly value: number;
  readonly text: string;
  readonly color: Color;
}

export interface Panel {
  /** `value`: one large figure an instance; `states`: a timeline of words; `lines`, `stack` and `bars`: over time. */
  readonly kind: "value" | "states" | "lines" | "stack" | "bars";
  readonly title: string;
  /** One sentence: what it shows and what to make of it. */
  readonly description: string;
  readonly queries: readonly Query[];
  /** Grafana's unit id: `bytes`, `percentunit` (0 to 1), `s`, `ops`. */
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly steps?: readonly Step[];
  readonly meanings?: readonly Meaning[];
  /** Of the 24 columns. */
  readonly width: number;
  /** In Grafana's rows of 30 pixels. */
  readonly height: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A choice at the top, filled from the labels that the metrics have. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** `label_values(series, label)`. */
  readonly values: string;
}

/** A vertical line in every graph where the expression has a value. */
export interface Mark {
  readonly name: string;
  readonly expr: string;
  readonly text: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly variables: readonly Variable[];
  readonly marks: readonly Mark[];
  readonly rows: readonly Row[];
}

/** Green, orange from `warn`, red from `fail`. */
export function rising(warn: number, fail?: number): readonly Step[] {
  const steps: Step[] = [
    { from: null, color: "green" },
    { from: warn, color: "orange" },
  ];
  return fail === undefined ? steps : [...steps, { from: fail, color: "red" }];
}
