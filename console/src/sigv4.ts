/** Signature Version 4, as AWS's page "Create a signed AWS API request" has it, on the browser's own cryptography. */

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Scope {
  service: string;
  region: string;
}

export interface Unsigned {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | Blob;
}

const encoder = new TextEncoder();
/** What is sent for a body that is not hashed, which S3 alone accepts. */
const NOT_HASHED = "UNSIGNED-PAYLOAD";

/** Return the headers of a request with those of its signature; the moment is ISO 8601 basic, `20261129T120000Z`. */
export async function sign(
  request: Unsigned, keys: Keys, scope: Scope, moment: string,
): Promise<Record<string, string>> {
  const url = new URL(request.url);
  const hash = typeof request.body === "string" ? hex(await sha256(request.body)) : NOT_HASHED;
  const headers: Record<string, string> = { ...request.headers, "x-amz-date": moment };
  if (scope.service === "s3") headers["x-amz-content-sha256"] = hash;
  if (keys.sessionToken) headers["x-amz-security-token"] = keys.sessionToken;
  const signed: [string, string][] = Object.entries({ ...headers, host: url.host })
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim().replace(/\s+/g, " ")])
    .sort(([one], [other]) => order(one, other));
  const names = signed.map(([name]) => name).join(";");
  const canonical = [
    request.method, path(url, scope.service), query(url), ...signed.map(([name, value]) => `${name}:${value}`), "",
    names, hash,
  ].join("\n");
  const day = moment.slice(0, 8);
  const credential = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", moment, credential, hex(await sha256(canonical))].join("\n");
  let key = await hmac(encoder.encode(`AWS4${keys.secretAccessKey}`), day);
  for (const part of [scope.region, scope.service, "aws4_request"]) key = await hmac(key, part);
  const signature = hex(await hmac(key, text));
  headers["authorization"] =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

/** Return a moment as signatures have it. */
export function momentOf(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}

/** Encode as RFC 3986 has it; slashes stay. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%2F/g, "/");
}

function path(url: URL, service: string): string {
  // All services but S3 take slashes together, and encode once more what the URL has encoded.
  return service === "s3" ? url.pathname : encoded(url.pathname.replace(/\/{2,}/g, "/"));
}

function query(url: URL): string {
  const pair = (text: string): string => encoded(text).replace(/\//g, "%2F");
  return [...url.searchParams].map(([name, value]) => [pair(name), pair(value)] as const)
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y)).map((each) => each.join("=")).join("&");
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(text)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
