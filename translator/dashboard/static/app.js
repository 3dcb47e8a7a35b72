// What pages do beyond HTML: times in the viewer's zone, copy buttons, charts. They all work without it but for the charts.
"use strict";

const two = (number) => String(number).padStart(2, "0");

function local(date) {
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function showTimes(root) {
  for (const one of root.querySelectorAll("time[datetime]")) {
    const date = new Date(one.dateTime);
    const text = local(date);
    if (one.textContent !== text && !Number.isNaN(date.getTime())) {
      one.title = date.toISOString().replace("T", " ").replace("Z", " UTC");
      one.textContent = text;
    }
  }
}

// before the next paint, so that nobody sees a time change
new MutationObserver(() => showTimes(document)).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
document.addEventListener("DOMContentLoaded", () => showTimes(document));

// for who hears the page
function tell(text) {
  let place = document.getElementById("told");
  if (!place) {
    place = Object.assign(document.createElement("p"), { id: "told", className: "heard" });
    place.setAttribute("role", "status");
    document.getElementById("main").append(place);
  }
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 50);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const source = button.dataset.from ? document.getElementById(button.dataset.from) : null;
  const said = button.dataset.said ?? button.textContent;
  button.dataset.said = said;
  try {
    await navigator.clipboard.writeText(source ? source.textContent : button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  tell(button.textContent);
  setTimeout(() => { button.textContent = said; }, 1500);
});

// a page that nobody looks at, or in which somebody selects text, is left alone
document.addEventListener("htmx:before:request", (event) => {
  const isLive = event.target.closest("[data-live]");
  const selection = document.getSelection();
  const isSelecting = selection && !selection.isCollapsed && isLive && isLive.contains(selection.anchorNode);
  if (isLive && (document.hidden || isSelecting)) event.preventDefault();
});

// a part that could not be had: the page stays as it is, and says so; without a session it goes where one begins
function mark(event, isStale) {
  const live = event.target.closest?.("[data-live]");
  if (live) live.classList.toggle("stale", isStale);
}
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.raw.status === 401) location.reload();
  mark(event, true);
});
document.addEventListener("htmx:error", (event) => mark(event, true));
document.addEventListener("htmx:before:swap", (event) => mark(event, event.detail.ctx.response.raw.status !== 200));

// a list that is chosen from goes to its page at once
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});

const COLOURS = ["--accent", "--good", "--warn", "--bad", "--soft"];

// light-dark() has to be worked out by an element
function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const short = (value) => {
  if (value === null || value === undefined) return "–";
  return new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 }).format(value);
};

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${short(seconds)} s`;
  if (seconds < 7200) return `${short(seconds / 60)} min`;
  return seconds < 172800 ? `${short(seconds / 3600)} h` : `${short(seconds / 86400)} d`;
}

// hours and minutes; where a day begins, the date
function clock(plot, moments) {
  return moments.map((at) => {
    const date = new Date(at * 1000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    return isMidnight ? local(date).slice(5, 10) : local(date).slice(11, 16);
  });
}

function options(chart, place) {
  const said = chart.unit === "seconds" ? duration : short;
  const line = colour("--line");
  const axis = { stroke: colour("--soft"), grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui" };
  return {
    width: place.clientWidth,
    height: place.clientHeight - 34,
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (plot, low, high) => [0, Math.max(high * 1.1, chart.unit === "seconds" ? 0.01 : 4)] } },
    axes: [{ ...axis, size: 30, values: clock }, { ...axis, size: 62, values: (plot, values) => values.map(said) }],
    series: [
      { value: (plot, at) => (at === null ? "–" : local(new Date(at * 1000))) },
      ...chart.names.map((name, index) => ({
        label: name,
        stroke: colour(COLOURS[index % COLOURS.length]),
        dash: index >= COLOURS.length ? [6, 3] : undefined,
        width: 2,
        spanGaps: false,
        points: { show: false },
        value: (plot, value) => said(value),
      })),
    ],
  };
}

const plots = new Map();

async function draw() {
  const places = document.querySelectorAll("[data-series]");
  if (!places.length || document.hidden) return;
  const answer = await fetch(places[0].dataset.series).catch(() => null);
  if (!answer || !answer.ok) return;
  const found = await answer.json();
  for (const place of places) {
    const chart = found.charts[place.dataset.chart];
    const names = chart.names.join("\n");
    const data = [found.x, ...chart.values];
    const known = plots.get(place);
    if (known && known.names === names) {
      known.plot.setData(data);
    } else {
      known?.plot.destroy();
      place.textContent = "";
      plots.set(place, { names, plot: new uPlot(options(chart, place), data, place) });
    }
  }
}

function drawAnew() {
  for (const [place, { plot }] of plots) plot.destroy();
  plots.clear();
  draw();
}

document.addEventListener("DOMContentLoaded", () => {
  if (!document.querySelector("[data-series]")) return;
  draw();
  setInterval(draw, 10000);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAnew);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (width !== innerWidth) {
      width = innerWidth;
      drawAnew();
    }
  });
});
