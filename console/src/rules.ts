/** Filters in requests: their parameters, and the values as the API wants them. */
import type { Members, Reply } from "./api";

export function parametersOf(rule: Reply | undefined): string[] {
  return [...new Set([...String(rule?.["filterExpression"] ?? "").matchAll(/\$(\w+)/g)].map((match) => match[1] ?? ""))];
}

/** Words have quotes of their own in filterValues, as AWS wants them. */
export function withQuotes(text: string): string {
  if (!text.trim() || text.includes('"') || /^[-\d.,\s]+$/.test(text)) return text.trim();
  return text.split(",").map((word) => `"${word.trim()}"`).join(",");
}

/** Return a filter with its values as members of a request; nothing where there is no filter. */
export function ruleMembers(rule: Reply | undefined, valueOf: (name: string) => string): Members {
  if (!rule) return {};
  const values = Object.fromEntries(parametersOf(rule).map((name): [string, string] => [name, withQuotes(valueOf(name))]).filter(([, value]) => value));
  return { filterArn: String(rule["filterArn"]), ...(Object.keys(values).length ? { filterValues: values } : {}) };
}
