/** Signing in at Cognito: a code for tokens (PKCE), tokens for keys of an hour. All of it lives in this page's memory. */
import { signal } from "@preact/signals";
import type { Keys } from "./sigv4";

/** What the console on AWS is told in its config.json; there is no such thing locally. */
export interface Door {
  /** Cognito's own pages. */
  login: string;
  clientId: string;
  issuer: string;
  identityPoolId: string;
  /** Where tokens become keys. */
  identities: string;
}

interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  place: string;
}

interface Tokens {
  id: string;
  refresh: string;
  subject: string;
  ends: number;
}

interface Lent {
  keys: Keys;
  ends: number;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = { [name: string]: any };

/** The only thing that is stored, while the browser is at Cognito's pages. */
const PENDING = "tastemaker.signin";
const EARLY = 5 * 60_000; // ms before their end, tokens and keys are renewed
const PATIENCE = 30_000; // ms
export const door = signal<Door | null>(null);
let tokens: Tokens | null = null;
let lent: Lent | null = null;
let identity = "";
let renewing: Promise<Keys> | null = null;

/** Cognito gives no tokens or keys: somebody has to sign in again. */
export class NotSignedIn extends Error {}

/** Go to Cognito's pages; they come back to this place. */
export async function leave(to: Door): Promise<void> {
  const pending: Pending = { state: random(), nonce: random(), verifier: random(), place: location.hash };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier));
  const asked = {
    response_type: "code", client_id: to.clientId, redirect_uri: page(), scope: "openid", state: pending.state,
    nonce: pending.nonce, code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: "S256",
  };
  location.assign(`${to.login}/oauth2/authorize?${new URLSearchParams(asked).toString()}`);
}

/** Take what Cognito's pages came back with, if the browser comes from there. */
export async function arrive(to: Door): Promise<Keys | null> {
  const query = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null") as Pending | null;
  sessionStorage.removeItem(PENDING);
  if (!query.has("code") && !query.has("error")) return null;
  history.replaceState(null, "", location.pathname);
  location.replace(pending?.place || "#/");
  if (!pending || query.get("state") !== pending.state) {
    throw new NotSignedIn("This sign-in was not begun here: its state differs. Nothing of it was used.");
  }
  if (query.has("error")) throw new NotSignedIn(query.get("error_description") ?? query.get("error") ?? "");
  tokens = await tokensFor(to, {
    grant_type: "authorization_code", code: query.get("code") ?? "", redirect_uri: page(), code_verifier: pending.verifier,
  }, (claims) => claims["nonce"] === pending.nonce);
  return fresh(to);
}

/** Return keys that are good for some minutes, for which all callers wait together. */
export function fresh(to: Door): Promise<Keys> {
  if (lent && lent.ends - Date.now() > EARLY) return Promise.resolve(lent.keys);
  renewing ??= renewed(to).finally(() => {
    renewing = null;
  });
  return renewing;
}

/** Forget everything, here and at Cognito. */
export async function signOut(to: Door): Promise<void> {
  const refresh = tokens?.refresh ?? "";
  tokens = lent = null;
  identity = "";
  try {
    await post(`${to.login}/oauth2/revoke`, {}, new URLSearchParams({ token: refresh, client_id: to.clientId }));
  } catch {
    // It ends by itself.
  }
  location.assign(`${to.login}/logout?${new URLSearchParams({ client_id: to.clientId, logout_uri: page() }).toString()}`);
}

async function renewed(to: Door): Promise<Keys> {
  const had = tokens;
  if (!had) throw new NotSignedIn("Nobody has signed in.");
  try {
    if (had.ends - Date.now() <= EARLY) {
      const same = (claims: Json): boolean => claims["sub"] === had.subject;
      tokens = await tokensFor(to, { grant_type: "refresh_token", refresh_token: had.refresh }, same, had.refresh);
    }
    lent = await lend(to, tokens?.id ?? had.id);
  } catch (error) {
    // While there is no network, what has not ended yet is good.
    if (error instanceof NotSignedIn || !lent || lent.ends <= Date.now()) throw error;
  }
  return lent.keys;
}

async function tokensFor(
  to: Door, grant: Record<string, string>, isOurs: (claims: Json) => boolean, refresh = "",
): Promise<Tokens> {
  const body = new URLSearchParams({ ...grant, client_id: to.clientId });
  const reply = await post(`${to.login}/oauth2/token`, {}, body);
  const id = String(reply["id_token"]);
  const claims = claimsOf(id);
  // It comes from Cognito itself by TLS, which stands for its signature (OpenID Connect Core, 3.1.3.7).
  if (claims["iss"] !== to.issuer || claims["aud"] !== to.clientId || claims["token_use"] !== "id" || !isOurs(claims)) {
    throw new NotSignedIn("The token is for another sign-in, so it was not used.");
  }
  return {
    id, refresh: String(reply["refresh_token"] ?? refresh), subject: String(claims["sub"]), ends: Number(claims["exp"]) * 1000,
  };
}

async function lend(to: Door, id: string): Promise<Lent> {
  const logins = { Logins: { [to.issuer.replace("https://", "")]: id } };
  const call = (operation: string, members: Json): Promise<Json> => post(`${to.identities}/`, {
    "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityService.${operation}`,
  }, JSON.stringify({ ...members, ...logins }));
  identity ||= String((await call("GetId", { IdentityPoolId: to.identityPoolId }))["IdentityId"]);
  const { Credentials: given } = await call("GetCredentialsForIdentity", { IdentityId: identity });
  return {
    keys: {
      accessKeyId: String(given["AccessKeyId"]), secretAccessKey: String(given["SecretKey"]),
      sessionToken: String(given["SessionToken"]),
    },
    ends: Number(given["Expiration"]) * 1000,
  };
}

async function post(url: string, headers: Record<string, string>, body: string | URLSearchParams): Promise<Json> {
  const asked = { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE), credentials: "omit" } as const;
  let response: Response;
  try {
    response = await fetch(url, asked);
  } catch {
    throw new Error(`${new URL(url).host} does not answer.`);
  }
  const reply = await response.json().catch(() => ({})) as Json;
  if (response.status >= 500 || response.status === 429) throw new Error(`${new URL(url).host} answers ${response.status}.`);
  if (!response.ok) {
    const why = reply["error_description"] ?? reply["error"] ?? reply["message"] ?? response.status;
    throw new NotSignedIn(`Cognito refused: ${String(why)}.`);
  }
  return reply;
}

/** Return where Cognito sends the browser back to. */
function page(): string {
  return new URL(".", location.origin + location.pathname).href;
}

function claimsOf(token: string): Json {
  try {
    const text = atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (sign) => sign.charCodeAt(0)))) as Json;
  } catch {
    return {};
  }
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}
