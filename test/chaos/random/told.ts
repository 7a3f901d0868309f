/** What somebody was told when they asked for something, to compare with what became of it. */
export interface Told {
  readonly accepted: Set<string>;
  readonly refused: Map<string, string>;
  readonly votes: { readonly run: string; readonly person: string; readonly choice: string }[];
  readonly cancelled: Set<string>;
}
