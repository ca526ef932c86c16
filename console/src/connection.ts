/** Which service the console talks to: the one that serves it, or a deployment by its URL and keys. */
import { computed, signal } from "@preact/signals";
import { arrive, door, fresh, NotSignedIn, type Door } from "./signin";
import type { Keys } from "./sigv4";

export interface Connection {
  /** Without a slash at its end; the URL of a deployment has its stage. */
  url: string;
  region: string;
  account: string;
  /** For which service the requests to our API are signed. */
  signs: "personalize" | "execute-api";
  local: boolean;
}

const KEPT = "tastemaker.connection";
/** Any keys will do locally; a deployment's live in memory only, and are gone with the page. */
export const keys = signal<Keys | null>(null);
const home = signal<Connection>({
  url: location.origin, region: "us-east-1", account: "123456789012", signs: "personalize", local: true,
});
const deployment = signal<Connection | null>(null);
export const connection = computed(() => deployment.value ?? home.value);
/** Why the last sign-in failed or ended. */
export const signInTrouble = signal("");
export const ready = computed(() => connection.value.local || keys.value !== null);

/** Learn of the service that serves the page, and of the deployment that was chosen last. */
export async function begin(): Promise<void> {
  try {
    const { signIn, ...told } = await (await fetch("config.json")).json() as Partial<Connection> & { signIn?: Door };
    home.value = { ...home.value, ...told };
    if (signIn) return await enter(signIn);
  } catch {
    // It is said when the first request fails.
  }
  try {
    deployment.value = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Connection | null;
  } catch {
    localStorage.removeItem(KEPT);
  }
}

/** Take the keys of whoever comes from signing in; the console on AWS talks to its own deployment alone. */
async function enter(signIn: Door): Promise<void> {
  door.value = signIn;
  try {
    keys.value = await arrive(signIn);
  } catch (error) {
    signInTrouble.value = (error as Error).message;
  }
}

/** Return the keys to sign with; those of a sign-in are renewed before they end. */
export async function keysNow(): Promise<Keys | null> {
  if (!door.value) return keys.value;
  try {
    keys.value = await fresh(door.value);
  } catch (error) {
    if (error instanceof NotSignedIn) {
      signInTrouble.value = `${error.message} Sign in again; this place stays open.`;
      keys.value = null;
    }
    throw error;
  }
  return keys.value;
}

/** Talk to a deployment from now on; its keys are not stored. */
export function connect(url: string, region: string, given: Keys): void {
  deployment.value = { url: url.replace(/\/+$/, ""), region, account: "", signs: "execute-api", local: false };
  keys.value = given;
  localStorage.setItem(KEPT, JSON.stringify(deployment.value));
}

/** Talk to the service that serves the page. */
export function disconnect(): void {
  deployment.value = null;
  keys.value = null;
  localStorage.removeItem(KEPT);
}

/** Ask the local service for what it has in another region. */
export function chooseRegion(region: string): void {
  home.value = { ...home.value, region };
}
