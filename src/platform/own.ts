/** The end of what one process of the bot wrote into the audit log: its hash stands for all before it. */
export interface ChainHead {
  readonly writer: string;
  readonly entries: number;
  readonly seq: number;
  /** When the newest entry was written. */
  readonly at: string;
  readonly hash: string;
}

/** What the bot knows of itself: more in the service than in a terminal. */
export interface OwnReader {
  /**
   * Why the store that the bot's queue is on may lose it, as the bot's own connection sees it; one sentence each. Undefined in a
   * terminal, which has no queue. Throws BotError `store.*`.
   */
  readonly queueDangers: ((signal: AbortSignal) => Promise<readonly string[]>) | undefined;
  /** Where `auditHeads` reads, in words for people. */
  readonly auditLog: string;
  /** Of every process whose entries can be read from here. Throws BotError `journal.*`. */
  auditHeads(signal: AbortSignal): Promise<{
    readonly heads: readonly ChainHead[] /** Those of the other processes, too. */;
    readonly complete: boolean;
  }>;
}
