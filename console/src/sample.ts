/** Made-up films and people, the same at each call: something to begin with where there is no file at hand. */

const GENRES = ["Drama", "Comedy", "Mystery", "Science", "Western", "Music"];
const FIRST = ["Silent", "Golden", "Lost", "Paper", "Electric", "Northern", "Crimson", "Hidden", "Restless", "Glass"];
const SECOND = ["Harbour", "Orchard", "Signal", "Parade", "Winter", "Mirror", "Station", "Garden", "Voyage", "Letter"];
const FILMS = 240;
const PEOPLE = 500;
const EVENTS = 24; // of each person, about
const END = 1_780_000_000;

export interface Sample {
  interactions: File;
  items: File;
}

export function sample(): Sample {
  const chance = generator(11);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  const films = Array.from({ length: FILMS }, (_, at) => ({
    id: `film-${String(at).padStart(3, "0")}`,
    genre: at % GENRES.length,
    title: `${FIRST[at % 10]} ${SECOND[Math.floor(at / 10) % 10]}${at >= 100 ? ` ${"I".repeat(Math.floor(at / 100) + 1)}` : ""}`,
    year: 1960 + Math.floor(chance() * 65),
    liked: chance() ** 2 + 0.05,
  }));
  const items = films.map((film) => `${film.id},${film.title},${GENRES[film.genre]}|${film.year < 1990 ? "Classic" : "New"},${film.year}`);
  const rows: string[] = [];
  for (let person = 0; person < PEOPLE; person += 1) {
    const tastes = [person % GENRES.length, Math.floor(chance() * GENRES.length)];
    const many = Math.round(EVENTS * (0.4 + chance() * 1.2));
    let last: (typeof films)[number] | undefined;
    let time = END - Math.floor(chance() * 90 * 86_400) - many * 9_000;
    for (let event = 0; event < many; event += 1) {
      // Half of them go on with the next film of a kind; the others are of one's tastes, the well-liked more often.
      const next = last && chance() < 0.5 ? films[(films.indexOf(last) + GENRES.length) % FILMS] : undefined;
      let film = next ?? pick(films);
      for (let turn = 0; !next && turn < 30 && chance() > (tastes.includes(film.genre) ? film.liked : film.liked * 0.05); turn += 1) film = pick(films);
      last = film;
      time += 600 + Math.floor(chance() * 9_000);
      rows.push(`person-${String(person).padStart(3, "0")},${film.id},${time},${chance() < 0.3 ? "like" : "watch"}`);
    }
  }
  return {
    interactions: new File([["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", ...rows, ""].join("\n")], "interactions.csv", { type: "text/csv" }),
    items: new File([["ITEM_ID,TITLE,GENRES,YEAR", ...items, ""].join("\n")], "items.csv", { type: "text/csv" }),
  };
}

/** Return numbers between 0 and 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
