/** The head of a CSV file as RFC 4180 has it, and the schema that fits it. */

export interface Head {
  columns: string[];
  rows: string[][];
}

export interface FieldOf {
  name: string;
  type: string | string[];
  categorical?: boolean;
  textual?: boolean;
}

export type DatasetType = "Interactions" | "Items" | "Users" | "Actions" | "Action_Interactions";

/** Which columns a dataset must have, and of which type. */
export const REQUIRED: Record<DatasetType, Record<string, string>> = {
  Interactions: { USER_ID: "string", ITEM_ID: "string", TIMESTAMP: "long" },
  Items: { ITEM_ID: "string" },
  Users: { USER_ID: "string" },
  Actions: { ACTION_ID: "string" },
  Action_Interactions: { USER_ID: "string", ACTION_ID: "string", EVENT_TYPE: "string", TIMESTAMP: "long" },
};
const HEAD = 256 * 1024; // bytes that are looked at
const LOOKED = 200; // rows
const MOMENTS = new Set(["TIMESTAMP", "CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP"]);
const PLAIN = new Set(["EVENT_TYPE", "IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"]);
const LONG_TEXT = 60; // characters on average
const FEW = 0.5; // distinct values for each that is not empty, of what is a category

/** Read the first rows of a file. */
export async function headOf(file: Blob): Promise<Head> {
  const text = await file.slice(0, HEAD).text();
  const all = rowsOf(text.replace(/^\uFEFF/, ""), file.size <= HEAD);
  const [columns = [], ...rows] = all;
  return { columns: columns.map((name) => name.trim()), rows: rows.slice(0, LOOKED) };
}

function rowsOf(text: string, whole: boolean): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let inside = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (inside) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') { cell += '"'; at += 1; }
      else inside = false;
    } else if (sign === '"') inside = true;
    else if (sign === ",") { row.push(cell); cell = ""; }
    else if (sign === "\n") { rows.push([...row, cell.replace(/\r$/, "")]); row = []; cell = ""; }
    else cell += sign;
  }
  // Of a part of a file the last row may be cut off.
  if (whole && (cell || row.length)) rows.push([...row, cell]);
  return rows.filter((each) => each.length > 1 || each[0]);
}

/** Say what is wrong with a file for a type of dataset; nothing if it may be imported. */
export function faultsOf(head: Head, type: DatasetType): string[] {
  const missing = Object.keys(REQUIRED[type]).filter((name) => !head.columns.includes(name));
  const faults = missing.length
    ? [`The first line must name the columns, and ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not among them: ${head.columns.slice(0, 12).join(", ")}. Names are written in capitals.`]
    : [];
  const time = head.columns.indexOf("TIMESTAMP");
  const odd = time < 0 ? undefined : head.rows.find((row) => !/^\d+(\.0+)?$/.test(row[time] ?? ""));
  if (odd) faults.push(`TIMESTAMP must be seconds since 1970, such as 1767225600, not ${JSON.stringify(odd[time] ?? "")}.`);
  if (!head.rows.length) faults.push("The file has no rows below its first line.");
  return faults;
}

/** Propose a schema, in Avro as CreateSchema takes it. */
export function schemaOf(head: Head, type: DatasetType): string {
  const fields = head.columns.map((name, place) => fieldOf(name, head.rows.map((row) => row[place] ?? ""), type));
  const record = { type: "record", name: type.replace("_", ""), namespace: "com.amazonaws.personalize.schema", fields, version: "1.0" };
  return JSON.stringify(record, null, 1);
}

function fieldOf(name: string, cells: string[], type: DatasetType): FieldOf {
  const required = REQUIRED[type][name];
  if (required) return { name, type: required };
  const filled = cells.filter(Boolean);
  const nullable = (kind: string): string[] => ["null", kind];
  if (MOMENTS.has(name)) return { name, type: filled.length === cells.length ? "long" : nullable("long") };
  if (name === "EVENT_VALUE") return { name, type: nullable("float") };
  if (PLAIN.has(name)) return { name, type: name === "EVENT_TYPE" && filled.length === cells.length ? "string" : nullable("string") };
  if (filled.length && filled.every((cell) => /^-?\d{1,15}$/.test(cell))) return { name, type: nullable("long") };
  if (filled.length && filled.every((cell) => cell !== "" && Number.isFinite(Number(cell)))) return { name, type: nullable("float") };
  return { name, type: nullable("string"), ...kindOf(name, filled, type) };
}

function kindOf(name: string, filled: string[], type: DatasetType): Partial<FieldOf> {
  if (type === "Interactions" || /(^|_)(NAME|TITLE|ID|URL)$/.test(name)) return {};
  const length = filled.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, filled.length);
  if (length > LONG_TEXT) return type === "Items" ? { textual: true } : {};
  return new Set(filled).size <= Math.max(2, filled.length * FEW) ? { categorical: true } : {};
}
