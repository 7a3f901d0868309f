import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

const nearPx = 80;

export interface Follow {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** The end is out of sight. */
  readonly away: boolean;
  readonly toEnd: () => void;
}

/**
 * Keeps the newest message in view: its end, or its beginning when it is taller than the window, because an answer
 * begins with its verdict. A visitor who scrolls up is left in peace until they send something or come back.
 * `version` changes with the messages; `sent` with what the visitor sends.
 */
export function useFollow(version: string, sent: number): Follow {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const shownSent = useRef(sent);
  const [away, setAway] = useState(false);

  const measure = () => {
    const box = scroller.current;
    if (box === null) return;
    setAway(box.scrollHeight - box.scrollTop - box.clientHeight > 3 * nearPx);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: moves only for something new
  useLayoutEffect(() => {
    const box = scroller.current;
    const last = content.current?.lastElementChild;
    if (box === null) return;
    if (shownSent.current !== sent) following.current = true;
    shownSent.current = sent;
    if (following.current) {
      const tall = last instanceof HTMLElement && last.offsetHeight > box.clientHeight;
      box.scrollTop = tall ? last.offsetTop - 8 : box.scrollHeight;
    }
    measure();
  }, [version, sent]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: listens once
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const byHand = () => {
      // What a wheel or a key does to the position is known only afterwards.
      requestAnimationFrame(() => {
        following.current = box.scrollHeight - box.scrollTop - box.clientHeight < nearPx;
      });
    };
    const resized = new ResizeObserver(measure);
    if (content.current !== null) resized.observe(content.current);
    resized.observe(box);
    box.addEventListener("scroll", measure, { passive: true });
    for (const event of ["wheel", "touchmove", "keydown", "pointerup"])
      box.addEventListener(event, byHand, { passive: true });
    return () => {
      resized.disconnect();
      box.removeEventListener("scroll", measure);
      for (const event of ["wheel", "touchmove", "keydown", "pointerup"]) box.removeEventListener(event, byHand);
    };
  }, []);

  const toEnd = () => {
    following.current = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: "smooth" });
  };
  return { scroller, content, away, toEnd };
}
