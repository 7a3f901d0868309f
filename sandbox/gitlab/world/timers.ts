/** What happens later, all of it forgotten when the simulation stops. */
export class Timers {
  private readonly waiting = new Set<NodeJS.Timeout>();
  private stopped = false;

  after(ms: number, run: () => void): void {
    if (this.stopped) return;
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      run();
    }, ms);
    this.waiting.add(timer);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.waiting) clearTimeout(timer);
    this.waiting.clear();
  }
}
