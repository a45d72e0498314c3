// The book page: find three books, ask the node, show the answer in its order.
// Text from the node only ever becomes text content, never markup.

const chosenCount = 3;
const queryLengthMin = 3;
const shownMax = 20;
const typingPauseMilliseconds = 180;

const element = (id) => document.getElementById(id);
const [search, hint, found, chosenList, recommend, notice, answer, books, model] = [
  "search", "hint", "found", "chosen", "recommend", "notice", "answer", "books", "model",
].map(element);

/** The books picked so far, as the node sent them: an ISBN keeps its type. */
let chosen = [];
/** Aborts the search or the question that a newer one replaces. */
let searching = new AbortController();
let asking = new AbortController();
let typingTimer = 0;

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// ---- The node

/** Fetches JSON; a refusal becomes an error with the node's own words. */
async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The node does not answer. Is it still running?");
  }
  const body = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return undefined;
  });
  if (!response.ok) {
    const said = typeof body?.error === "string" ? body.error : body?.error?.message;
    throw new Error(said ?? `The node refused the request (status ${response.status}).`);
  }
  if (!Array.isArray(body)) throw new Error("The node's answer is not a list of books.");
  const list = body.filter((book) => book !== null && typeof book === "object");
  return { list, version: response.headers.get("X-Model-Version") };
}

function show(error) {
  if (error.name === "AbortError") return;
  notice.replaceChildren(make("p", "notice", error.message));
}

// ---- Finding

async function find() {
  searching.abort();
  searching = new AbortController();
  const { signal } = searching;
  const query = search.value.trim();
  if (query.length < queryLengthMin) {
    found.replaceChildren();
    hint.textContent = "At least three letters.";
    return;
  }
  try {
    const { list } = await ask(`../books?q=${encodeURIComponent(query)}`, { signal });
    if (signal.aborted) return;
    notice.replaceChildren();
    showFound(list);
  } catch (error) {
    if (error.name !== "AbortError") found.replaceChildren();
    show(error);
  }
}

function showFound(list) {
  const others = list.filter((book) => !isChosen(book));
  found.replaceChildren(...others.slice(0, shownMax).map(foundItem));
  hint.textContent = others.length === 0 ? "No book found. Try fewer letters, or another word."
    : others.length > shownMax ? `The first ${shownMax} of ${others.length} books.`
    : others.length === 1 ? "One book." : `${others.length} books.`;
}

function foundItem(book) {
  const button = make("button");
  button.type = "button";
  const year = Number(book.year) > 0 ? `, ${book.year}` : "";
  button.append(
    make("span", "title", String(book.title)), " ",
    make("span", "author", `${book.author}${year}`));
  button.addEventListener("click", () => choose(book));
  const item = make("li");
  item.append(button);
  return item;
}

// ---- Choosing

function isChosen(book) {
  return chosen.some((other) => String(other.isbn) === String(book.isbn));
}

function choose(book) {
  if (isChosen(book)) return;
  if (chosen.length === chosenCount) {
    show(new Error("Three books are chosen already. Remove one to choose another."));
    return;
  }
  notice.replaceChildren();
  chosen.push(book);
  search.value = "";
  found.replaceChildren();
  showChosen();
  hint.textContent = `${book.title} is chosen, ${chosen.length} of ${chosenCount}.`;
  (chosen.length === chosenCount ? recommend : search).focus();
}

function remove(book) {
  chosen = chosen.filter((other) => other !== book);
  showChosen();
  hint.textContent = `${book.title} is removed.`;
  search.focus();
}

/** A colour for a spine, always the same for a title. */
function hue(title) {
  let sum = 0;
  for (const character of title) sum = (sum * 31 + character.codePointAt(0)) % 360;
  return sum;
}

function chosenCard(book) {
  const card = make("li", "slot");
  card.style.setProperty("--hue", hue(String(book.title)));
  const button = make("button", "plain", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${book.title}`);
  button.addEventListener("click", () => remove(book));
  card.append(
    make("span", "title", String(book.title)), make("span", "author", String(book.author)),
    button);
  return card;
}

function showChosen() {
  const places = Array.from({ length: chosenCount }, (_, index) =>
    chosen[index]
      ? chosenCard(chosen[index])
      : make("li", "slot empty", ["First book", "Second book", "Third book"][index]));
  chosenList.replaceChildren(...places);
  recommend.disabled = chosen.length < chosenCount;
  // An answer belongs to the three books above it.
  asking.abort();
  answer.hidden = true;
}

// ---- Answering

async function askForMore() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  notice.replaceChildren();
  recommend.textContent = "Looking through the shelves…";
  recommend.setAttribute("aria-busy", "true");
  try {
    const { list, version } = await ask("../recommend", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ isbns: chosen.map((book) => book.isbn) }),
      signal,
    });
    if (!signal.aborted) showAnswer(list, version);
  } catch (error) {
    if (!signal.aborted) answer.hidden = true;
    show(error);
  } finally {
    // A newer question keeps the button as it left it.
    if (signal === asking.signal) {
      recommend.textContent = "Recommend";
      recommend.removeAttribute("aria-busy");
    }
  }
}

function showAnswer(list, version) {
  const best = Math.max(...list.map((book) => Number(book.score) || 0), 0);
  books.replaceChildren(...list.map((book) => answerItem(book, best)));
  const nothing = list.length === 0 ? "The model knows nothing that goes with these three. " : "";
  model.textContent = nothing + (version ? `Answered by model version ${version}.` : "");
  answer.hidden = false;
  element("answer-heading").focus();
}

function answerItem(book, best) {
  const item = make("li");
  item.append(make("p", "title", String(book.title)));
  const score = Number(book.score);
  if (book.score !== undefined && Number.isFinite(score)) item.append(scoreMark(score, best));
  item.append(make("p", "author", String(book.author)));
  const year = Number(book.year) > 0 ? String(book.year) : "";
  const detail = [year, book.publisher, `ISBN\u00a0${book.isbn}`].filter(Boolean).join(" · ");
  item.append(make("p", "detail", detail));
  if (book.because?.title) {
    item.append(make("p", "reason", `Goes with ${book.because.title}`));
  }
  return item;
}

function scoreMark(score, best) {
  const mark = make("p", "score");
  mark.append(make("span", "unseen", "Score "), score.toFixed(2));
  const bar = make("span", "bar");
  const share = best > 0 ? Math.max(0, score / best) : 0;
  bar.style.setProperty("--share", `${Math.round(share * 100)}%`);
  mark.append(bar);
  return mark;
}

// ---- The keyboard

/** Arrows walk through what was found, Escape goes back to the search. */
function walk(event) {
  const buttons = [...found.querySelectorAll("button")];
  const index = buttons.indexOf(document.activeElement);
  if (event.key === "Escape") {
    search.focus();
    found.replaceChildren();
    hint.textContent = "";
  } else if (event.key === "ArrowDown" && index + 1 < buttons.length) {
    buttons[index + 1].focus();
  } else if (event.key === "ArrowUp" && index >= 0) {
    (buttons[index - 1] ?? search).focus();
  } else {
    return;
  }
  event.preventDefault();
}

search.addEventListener("input", () => {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(find, typingPauseMilliseconds);
});
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typingTimer);
  find();
});
element("form").addEventListener("keydown", walk);
recommend.addEventListener("click", askForMore);
showChosen();
