/** Data of a screen: asked when its key changes, and again while something is under way. */
import { useEffect, useRef, useState } from "preact/hooks";

export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  again: () => void;
}

const PACE = 1500; // ms between looks at work that is under way
const SLOW = 5000; // ms, while nothing answers, or there are too many requests
const PASSING = new Set([0, 429, 503]);

/** Ask for something by a key; `busy` says whether it is to be looked at again soon. */
export function useAsked<T>(
  key: string | null, question: () => Promise<T>, busy: (data: T) => boolean = () => false,
): Asked<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown }>({ key: null });
  const [turn, setTurn] = useState(0);
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    if (key === null) return undefined;
    let over = false;
    let timer = 0;
    const look = async (): Promise<void> => {
      try {
        const data = await latest.current();
        if (over) return;
        setState({ key, data });
        if (busy(data)) timer = window.setTimeout(() => void look(), PACE);
      } catch (error) {
        if (over) return;
        setState((before) => ({ ...(before.key === key ? before : {}), key, error }));
        if (PASSING.has((error as { status?: number }).status ?? -1)) timer = window.setTimeout(() => void look(), SLOW);
      }
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key, turn]);
  const mine = state.key === key;
  return {
    data: mine ? state.data : undefined,
    error: mine ? state.error : undefined,
    loading: key !== null && !mine,
    again: () => setTurn((before) => before + 1),
  };
}

/** Whether a status says that there is more to come. */
export function underWay(status: unknown): boolean {
  return typeof status === "string" && /PENDING|IN_PROGRESS|STOPPING|DELETING/.test(status);
}
