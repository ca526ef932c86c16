/** The frame: what every screen has around it, and which screen a route shows. */
import { render, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAsked } from "./asking";
import { begin, connection, keys, ready } from "./connection";
import { groupNamed, type Group } from "./group";
import { listen, route, to } from "./router";
import { Answers } from "./screens/answers";
import { Data } from "./screens/data";
import { Events } from "./screens/events";
import { Filters } from "./screens/filters";
import { Home } from "./screens/home";
import { Impact } from "./screens/impact";
import { Insights } from "./screens/insights";
import { Item } from "./screens/item";
import { Jobs } from "./screens/jobs";
import { Overview } from "./screens/overview";
import { Serve } from "./screens/serve";
import { Settings } from "./screens/settings";
import { SignIn } from "./screens/signin";
import { Test } from "./screens/test";
import { Train } from "./screens/train";
import { door } from "./signin";
import { Loading, Note, Problem } from "./ui";

const THEME = "tastemaker.theme";
const DARK = matchMedia("(prefers-color-scheme: dark)");
const SCREENS: [string, string, (props: { group: Group }) => ComponentChildren][] = [
  ["", "Overview", Overview],
  ["data", "Data", Data],
  ["insights", "Insights", Insights],
  ["train", "Train", Train],
  ["serve", "Serve", Serve],
  ["test", "Test", Test],
  ["item", "Items", Item],
  ["filters", "Filters", Filters],
  ["events", "Events", Events],
  ["jobs", "Jobs", Jobs],
  ["answers", "Answers", Answers],
  ["impact", "Impact", Impact],
];

function Gate() {
  return door.value && !keys.value ? <SignIn /> : <App />;
}

function App() {
  const { parts } = route.value;
  const name = parts[0] === "g" ? parts[1] : undefined;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to the content</a>
      <Bar name={name} />
      {name === undefined
        ? <main id="main" tabIndex={-1}>{parts[0] === "settings" ? <Settings /> : <Home />}</main>
        : <InGroup key={name} name={name} part={parts[2] ?? ""} />}
    </>
  );
}

function Bar({ name }: { name: string | undefined }) {
  const { url, local, region } = connection.value;
  return (
    <header class="bar-top">
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="24" height="24" /> <span class="word">Tastemaker</span></a>
      {name && <span class="crumb"><span aria-hidden="true">/</span> <a href={to("g", name)}>{name}</a></span>}
      <span class="grow" />
      <a class="where" href="#/settings" title={url}>{local ? "local" : new URL(url).host} · {region}</a>
      <Theme />
    </header>
  );
}

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem(THEME) ?? "");
  useEffect(() => {
    if (theme) document.documentElement.dataset["theme"] = theme;
    else delete document.documentElement.dataset["theme"];
    localStorage.setItem(THEME, theme);
  }, [theme]);
  const [system, setSystem] = useState(DARK.matches);
  useEffect(() => {
    const change = (): void => setSystem(DARK.matches);
    DARK.addEventListener("change", change);
    return () => DARK.removeEventListener("change", change);
  }, []);
  const dark = theme ? theme === "dark" : system;
  return <button type="button" class="small" onClick={() => setTheme(dark ? "light" : "dark")}>{dark ? "Light" : "Dark"}</button>;
}

function InGroup({ name, part }: { name: string; part: string }) {
  const { data: group, error, again } = useAsked(`group ${name} ${connection.value.url} ${connection.value.region}`, () => groupNamed(name));
  const [, title, Screen] = SCREENS.find(([path]) => path === part) ?? SCREENS[0]!;
  useEffect(() => {
    document.title = `${title} · ${name} · Tastemaker`;
  }, [title, name]);
  return (
    <div class="frame">
      <nav aria-label={`Dataset group ${name}`}>
        {SCREENS.map(([path, label]) => (
          <a key={path} href={path ? to("g", name, path) : to("g", name)} aria-current={path === part ? "page" : undefined}>{label}</a>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        {!ready.value && <Note kind="warn">The keys of this deployment are not kept in the browser. <a href="#/settings">Enter them</a> to go on; this place stays open.</Note>}
        <Problem error={error} again={again} />
        {group ? <Screen key={part} group={group} /> : !error && <Loading what={`the dataset group ${name}`} />}
      </main>
    </div>
  );
}

listen();
void begin().then(() => {
  const place = document.getElementById("app")!;
  place.replaceChildren();
  render(<Gate />, place);
});
