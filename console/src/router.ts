/** Routes in the fragment, so that every state has a link and a reload loses nothing: `#/shop/test?user=u1`. */
import { signal } from "@preact/signals";

export interface Route {
  parts: string[];
  query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>(read());

export function listen(): void {
  addEventListener("hashchange", () => {
    const before = route.value.parts.join("/");
    route.value = read();
    if (before !== route.value.parts.join("/")) {
      scrollTo(0, 0);
      document.getElementById("main")?.focus({ preventScroll: true });
    }
  });
}

/** Return the link of a place. */
export function to(...parts: (string | Record<string, string>)[]): string {
  const words = parts.filter((part): part is string => typeof part === "string").map(encodeURIComponent);
  const query = parts.find((part) => typeof part !== "string");
  const text = query ? new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString() : "";
  return `#/${words.join("/")}${text ? `?${text}` : ""}`;
}

export function go(...parts: (string | Record<string, string>)[]): void {
  location.hash = to(...parts);
}

/** Change what the query says, in place: no step of the browser's history. */
export function remember(changes: Record<string, string>): void {
  const { parts, query } = route.value;
  const merged = { ...Object.fromEntries(query), ...changes };
  history.replaceState(null, "", to(...parts, merged));
  route.value = read();
}
