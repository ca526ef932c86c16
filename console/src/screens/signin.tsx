/** Who signs in to the console on AWS, and out of it. */
import { useEffect } from "preact/hooks";
import { connection, keys, signInTrouble } from "../connection";
import { door, leave, signOut } from "../signin";
import { Card, Facts, Note } from "../ui";

export function SignIn() {
  useEffect(() => {
    document.title = "Sign in · Tastemaker";
  }, []);
  return (
    <main id="main" tabIndex={-1}>
      <h1>Tastemaker</h1>
      {signInTrouble.value && <div role="alert"><Note kind="warn">{signInTrouble.value}</Note></div>}
      <p>The console of {new URL(connection.value.url).host}. You come back to this place.</p>
      <button type="button" class="primary" onClick={() => door.value && void leave(door.value)}>Sign in</button>
      <p class="hint">Tokens and keys stay in this page's memory: a reload asks for this button again.</p>
    </main>
  );
}

export function SignedIn() {
  const { url, region } = connection.value;
  return (
    <Card title="Service">
      <Facts of={[["Now", <code>{url}</code>], ["Region", region], ["Requests", `signed for execute-api with ${keys.value?.accessKeyId ?? "no keys"}`]]} />
      <button type="button" onClick={() => door.value && void signOut(door.value)}>Sign out</button>
    </Card>
  );
}
