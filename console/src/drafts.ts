/** What is typed into forms and not sent yet: it is kept while another screen is looked at, until the page is left. */
import { useState } from "preact/hooks";
import { route } from "./router";

const drafts = new Map<string, unknown>();

/** Return what was chosen, as long as it is among the choices; else the first of them. */
export function among(all: string[], chosen: string): string {
  return all.includes(chosen) ? chosen : all[0] ?? "";
}

/** Like useState, of a field that has a name on its screen. */
export function useDraft<T>(name: string, initial: T): [T, (value: T) => void] {
  const [key] = useState(() => `${route.value.parts.join("/")} ${name}`);
  const [value, setValue] = useState<T>(() => (drafts.has(key) ? (drafts.get(key) as T) : initial));
  const set = (next: T): void => {
    drafts.set(key, next);
    setValue(() => next);
  };
  return [value, set];
}
