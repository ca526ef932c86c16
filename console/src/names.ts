/** What items are called, looked up once for each campaign or recommender, and few at a time. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, type Reply } from "./api";

export interface Known {
  name: string;
  metadata: Record<string, string>;
}

const AT_ONCE = 100; // what SearchItems takes
const shelves = new Map<string, Map<string, Known>>();
/** Looks that are done: whoever shows names shows those, too, that another part of the page has asked for. */
const looks = signal(0);

/** Return what is known of some items; the rest comes when it is there. */
export function useNames(source: string, ids: string[]): Map<string, Known> {
  void looks.value;
  const shelf = shelves.get(source) ?? new Map<string, Known>();
  shelves.set(source, shelf);
  const missing = source ? ids.filter((id) => !shelf.has(id)) : [];
  useEffect(() => {
    if (missing.length) void look(source, missing.slice(0, AT_ONCE), shelf).then(() => { looks.value += 1; });
  }, [source, missing.join("\n")]);
  return shelf;
}

async function look(source: string, itemIds: string[], shelf: Map<string, Known>): Promise<void> {
  const unknown: Known = { name: "", metadata: {} };
  for (const id of itemIds) shelf.set(id, unknown);
  try {
    for (const item of (await ask("SearchItems", { sourceArn: source, itemIds }))["items"] as Reply[]) {
      shelf.set(String(item["itemId"]), { name: String(item["name"] ?? ""), metadata: (item["metadata"] ?? {}) as Record<string, string> });
    }
  } catch {
    // A list without names is a list all the same.
  }
}
