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

  // What a node is about, so that it is found again elsewhere; empty if only its place says so.
  const keysOf = (nodes) => {
    const seen = new Map();
    return nodes.map((node) => {
      if (node.nodeType !== 1) return "";
      const header = node.matches("tr, tbody") && node.querySelector(HEADER);
      const key = node.id || (header && (header.querySelector("a") ?? header).textContent);
      if (!key) return "";
      const count = seen.get(key) ?? 0;
      seen.set(key, count + 1);
      return count + " " + key;
    });
  };
  const HEADER = ":scope > th[scope=row], :scope > tr > th[scope=rowgroup]";

  // The indexes of a longest part whose places increase. What is moved loses a selection, so as little as possible is.
  const inOrder = (places) => {
    const ends = [], before = [];
    places.forEach((place, index) => {
      if (place === undefined) return;
      let low = 0, high = ends.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (places[ends[middle]] < place) low = middle + 1;
        else high = middle;
      }
      before[index] = ends[low - 1];
      ends[low] = index;
    });
    const found = new Set();
    for (let index = ends.at(-1); index !== undefined; index = before[index]) found.add(index);
    return found;
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
    const olds = [...from.childNodes], wanted = [...to.childNodes];
    const oldKeys = keysOf(olds), keys = keysOf(wanted);
    const known = new Map(), isKeyed = new Set(), all = new Set(keys);
    oldKeys.forEach((key, place) => {
      if (!key) return;
      if (!all.has(key)) { olds[place].remove(); return; }
      known.set(key, place);
      isKeyed.add(olds[place]);
    });
    const places = keys.map((key) => known.get(key));
    const stays = inOrder(places);
    let next = from.firstChild;
    wanted.forEach((fresh, index) => {
      if (places[index] === undefined) {
        const same = !keys[index] && next && !isKeyed.has(next) && next.nodeName === fresh.nodeName ? next : undefined;
        if (same === undefined) { from.insertBefore(fresh, next); return; }
        next = next.nextSibling;
        morph(same, fresh);
        return;
      }
      const old = olds[places[index]];
      if (stays.has(index)) {
        while (next !== old) {
          const passed = next;
          next = next.nextSibling;
          if (!isKeyed.has(passed)) passed.remove();
        }
        next = old.nextSibling;
      } else {
        if (next === old) next = old.nextSibling;
        from.insertBefore(old, next);
      }
      morph(old, fresh);
    });
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
    const focused = document.activeElement;
    document.title = page.title;
    morph(live, fresh);
    // What is moved loses the focus, and what is replaced has the same id.
    const again = focused?.isConnected ? focused : focused?.id && document.getElementById(focused.id);
    if (again && document.activeElement !== again) again.focus({ preventScroll: true });
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
    const path = form.getAttribute("action");
    const url = given.size === 0 ? path : path + "?" + given;
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
    for (const each of document.querySelectorAll("time[data-ago], time[data-for]")) {
      const since = age(Date.now() - Date.parse(each.dateTime));
      const text = "for" in each.dataset ? "for " + since : since + " ago";
      if (each.textContent !== text) each.textContent = text;
    }
    for (const each of document.querySelectorAll("time[data-until]")) {
      const ms = Date.parse(each.dateTime) - Date.now(), text = ms > 0 ? "in " + age(ms) : "now";
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
