"use strict";
// Times in the viewer's zone, copy buttons, and live pages; every page works without it.

const EVERY = 2000;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const today = new Intl.DateTimeFormat(undefined, { ...clock, second: "2-digit" });
const thisYear = new Intl.DateTimeFormat(undefined, { ...clock, month: "short", day: "numeric" });
const earlier = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const live = document.getElementById("live");
const state = document.getElementById("state");
const pause = document.getElementById("pause");
const said = document.getElementById("said");
let etag = null;
let newest = 0;

function inZone(at) {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return today.format(at);
  return (at.getFullYear() === now.getFullYear() ? thisYear : earlier).format(at);
}

function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = inZone(at);
  }
}

async function copy(button) {
  const from = button.dataset.copyFrom;
  const text = from ? document.getElementById(from).textContent : button.dataset.copy;
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = "Not allowed";
  }
  said.textContent = done;
  button.textContent = done;
  setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 1500);
}

// Makes `old` like `fresh` and keeps what is the same, so that nothing moves that need not.
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(document.importNode(fresh, true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [have, want] = [[...old.childNodes], [...fresh.childNodes]];
  want.forEach((node, place) => (place < have.length ? morph(have[place], node) : old.append(document.importNode(node, true))));
  have.slice(want.length).forEach((node) => node.remove());
}

// What somebody reads, has selected or stands in is left alone.
function busy(region) {
  const selection = document.getSelection();
  return region.querySelector("details[open], :focus-visible") !== null
    || (!selection.isCollapsed && selection.containsNode(region, true));
}

function numbers(root) {
  return [...root.querySelectorAll("[data-number]")];
}

function markFresh() {
  const rows = numbers(document);
  for (const row of rows) row.classList.toggle("fresh", Number(row.dataset.number) > newest);
  newest = Math.max(newest, ...rows.map((row) => Number(row.dataset.number)));
}

function drops() {
  return document.querySelector(".badge.loud").textContent;
}

function show(text, kind) {
  if (state.textContent !== text) state.textContent = text;
  live.className = `live ${kind}`;
}

async function look() {
  if (document.hidden || pause.getAttribute("aria-pressed") === "true") return;
  let answer;
  try {
    answer = await fetch(location.href, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  } catch {
    show("No connection", "lost");
    return;
  }
  if (answer.status === 304) {
    show("Live", "");
    return;
  }
  if (answer.status === 404) {
    location.reload();
    return;
  }
  const before = drops();
  const regions = [...document.querySelectorAll("[data-live]")];
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  localize(fresh);
  const held = regions.filter(busy);
  for (const region of regions) {
    const next = document.adoptNode(fresh.getElementById(region.id) ?? region);
    if (next !== region && !held.includes(region)) morph(region, next);
  }
  markFresh();
  if (drops() !== before) said.textContent = `Silent drops: ${drops()}`;
  // what was held back is asked for again
  etag = held.length ? null : answer.headers.get("ETag");
  show(held.length ? "Held while you read" : "Live", held.length ? "paused" : "");
}

async function keepLooking() {
  await look();
  setTimeout(keepLooking, EVERY);
}

document.documentElement.classList.add("scripted");
localize(document);
newest = Math.max(0, ...numbers(document).map((row) => Number(row.dataset.number)));
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (button) copy(button);
});
if (document.querySelector("main [data-live]")) {
  live.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    show(paused ? "Paused" : "Live", paused ? "paused" : "");
  });
  setTimeout(keepLooking, EVERY);
}
