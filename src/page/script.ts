/**
 * The script of a browser. Pages work without it; with it, they follow the fleet, and the filter acts while somebody
 * types. It replaces the elements that changed, so that scroll position, focus and the text being typed stay.
 */
export const SCRIPT = `"use strict";
(() => {
  const live = document.getElementById("live");
  const word = document.getElementById("connection");
  let request = 0;
  const OLD = "Not connected; what you see may be old";
  let timer, again;
  const say = (text) => {
    word.textContent = text;
    word.className = text === OLD ? "old" : "";
  };

  // Replaces only what differs, from the outside to the inside, and never the field in which somebody types.
  const morph = (from, to) => {
    if (from.isEqualNode(to)) return;
    if (from.nodeType !== 1 || to.nodeType !== 1 || from.tagName !== to.tagName || from.id !== to.id) {
      from.replaceWith(to);
      return;
    }
    const typing = from === document.activeElement && from.matches("input, select");
    if (!typing) {
      for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
      for (const { name, value } of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
      if (from.matches("input")) from.value = to.getAttribute("value") ?? "";
    }
    if (typing) return;
    const olds = [...from.childNodes];
    const keyOf = (node) => node.nodeType === 1 ? node.id || node.querySelector?.(":scope > th > a[id]")?.id : "";
    const known = new Map();
    for (const old of olds) { const key = keyOf(old); if (key) known.set(key, old); }
    let next = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      const key = keyOf(wanted);
      const match = key ? known.get(key) : next && !keyOf(next) && next.nodeName === wanted.nodeName ? next : undefined;
      if (match === undefined) { from.insertBefore(wanted, next); continue; }
      if (match === next) next = next.nextSibling;
      else from.insertBefore(match, next);
      morph(match, wanted);
    }
    while (next) { const gone = next; next = next.nextSibling; gone.remove(); }
  };

  const show = async (url) => {
    const mine = ++request;
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Error("it is not a page");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    // A filter that was typed meanwhile would be lost; what it selects is shown soon.
    if (mine !== request || timer !== undefined || fresh === null) return;
    const focused = document.activeElement?.id;
    document.title = page.title;
    morph(live, fresh);
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
    say("Live");
    tick();
  };
  const refresh = () => {
    clearTimeout(again);
    show(location.href).catch(() => {
      say(OLD);
      again = setTimeout(refresh, 5_000);
    });
  };

  const filter = () => {
    clearTimeout(timer);
    timer = undefined;
    const form = document.getElementById("filter");
    const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const url = given.size === 0 ? "/" : "/?" + given;
    history.replaceState(null, "", url);
    refresh();
  };
  document.addEventListener("input", ({ target }) => {
    if (!target.closest("#filter")) return;
    clearTimeout(timer);
    timer = setTimeout(filter, 200);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "filter") return;
    event.preventDefault();
    filter();
  });

  // Ages as kubectl shows them.
  const age = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
    if (s < 120) return s + "s";
    if (m < 10) return m + "m" + (s % 60 ? (s % 60) + "s" : "");
    if (m < 180) return m + "m";
    if (h < 8) return h + "h" + (m % 60 ? (m % 60) + "m" : "");
    if (h < 48) return h + "h";
    if (d < 8) return d + "d" + (h % 24 ? (h % 24) + "h" : "");
    if (d < 730) return d + "d";
    const y = Math.floor(d / 365);
    return y + "y" + (y < 8 && d % 365 ? (d % 365) + "d" : "");
  };
  const tick = () => {
    if (document.hidden) return;
    for (const each of document.querySelectorAll("time[data-ago]")) {
      const text = age(Date.now() - Date.parse(each.dateTime)) + " ago";
      if (each.textContent !== text) each.textContent = text;
    }
  };
  setInterval(tick, 10_000);
  document.addEventListener("visibilitychange", tick);

  const connect = () => {
    const events = new EventSource("/events");
    events.addEventListener("version", ({ data }) => {
      say("Live");
      if (data !== live.dataset.version) refresh();
    });
    events.addEventListener("error", () => {
      say(OLD);
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(connect, 30_000);
    });
  };
  connect();
})();
`;
