/** First in, first out, cheap at both ends however long it gets. */
export interface Queue<T> {
  push(item: T): void;
  shift(): T | undefined;
  /** The item `index` places behind the first one. */
  at(index: number): T | undefined;
}

export function createQueue<T>(): Queue<T> {
  let items: T[] = [];
  let head = 0;
  return {
    push: (item) => {
      items.push(item);
    },
    shift: () => {
      const item = items[head];
      if (head < items.length) head++;
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    at: (index) => items[head + index],
  };
}
