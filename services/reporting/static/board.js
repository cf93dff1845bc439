// Keeps the board's numbers as the stream says. The server draws the page; here only figures and times are changed.
// When rows come or go, or something without figures of its own changes, the page's main part is fetched anew. What
// the stream told is kept as well: a page that was drawn meanwhile, or by a replica that is behind, gets it again.
"use strict";

(() => {
  const SILENT_MS = 20000; // the stream says something at least every 5 s
  const REDRAW_MS = 2000; // doubled with each page that has not come far enough
  const REDRAW_MS_MAX = 30000;
  const SPEAK_MS = 15000;
  const FETCH_MS = 15000;
  const REOPEN_MS = 1000; // doubled with each attempt that fails
  const REOPEN_MS_MAX = 30000;
  const LOST = "Sambungan terputus, sedang menyambung lagi.";
  const SILENT = "Tidak ada kabar dari pusat, sedang menyambung lagi.";
  const ENDED = "Sesi berakhir; mintalah tautan masuk yang baru.";
  const SECTIONS = {venues: "venue_id", sites: "site_id", kelurahan: "code", kecamatan: "code", satgas: "satgas_id",
    children: "operation_id"};
  const DRAWN = new Set(["venues", "sites", "kecamatan", "satgas", "children"]);

  let board = document.getElementById("board");
  const operation = board.dataset.operation;
  const url = `/reporting/v1/operations/${encodeURIComponent(operation)}/stream`;
  let stream = null;
  let reopening = null;
  let reopenMs = REOPEN_MS;
  let heardAt = Date.now();
  let lost = ""; // why the figures are old
  let told = null; // the board as the stream told it: its snapshot, and every change since
  let due = null; // how far a page must have come to show what was told
  let redrawing = null;
  let redrawMs = REDRAW_MS;
  let redrawnAt = 0;
  let spokenAt = 0;

  const MONTHS = "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des".split(" ");
  const number = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ".");

  function clock(instant, seconds) {
    if (!instant) return "–";
    const local = new Date(Date.parse(instant) + board.dataset.offsetMin * 60000).toISOString();
    return local.slice(11, seconds ? 19 : 16).replaceAll(":", ".");
  }

  function datedClock(instant, seconds) { // with its date where that is not the board's
    if (!instant) return "–";
    const local = new Date(Date.parse(instant) + board.dataset.offsetMin * 60000);
    if (local.toISOString().startsWith(board.dataset.day)) return clock(instant, seconds);
    return `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]} ${local.getUTCFullYear()} ${clock(instant, seconds)}`;
  }

  function put(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  function count(cell, value) {
    put(cell, number(value));
    if (cell.tagName === "TD") cell.classList.toggle("zero", !value);
  }

  function bar(svg, strength) {
    const late = Math.min(strength.late, strength.at_place);
    const parts = [ // in the order of bar_of in page.py
      strength.at_place - late, late, Math.max(strength.elsewhere, strength.wrong_place),
      strength.unplanned, strength.unregistered, strength.relieved + strength.left, strength.awaited, strength.excused, strength.unknown, strength.absent,
    ];
    const whole = parts.reduce((sum, part) => sum + part, 0) || 1;
    let x = 0;
    parts.forEach((part, index) => {
      const width = 100 * part / whole;
      svg.children[index].setAttribute("x", x);
      svg.children[index].setAttribute("width", width);
      x += width;
    });
  }

  function figures(name, strength) {
    const row = board.querySelector(`[data-row="${CSS.escape(name)}"]`);
    if (!row) return false;
    row.querySelectorAll("[data-n]").forEach((cell) => count(cell, strength[cell.dataset.n]));
    row.querySelectorAll("[data-alert]").forEach((card) => {
      card.classList.toggle("none", !strength[card.dataset.alert]);
    });
    row.querySelectorAll("[data-note]").forEach((note) => { note.hidden = !strength[note.dataset.note]; });
    const svg = row.querySelector(".bar");
    if (svg) bar(svg, strength);
    return true;
  }

  function rows(found) {
    for (const [section, key] of Object.entries(SECTIONS)) {
      if (!DRAWN.has(section)) continue;
      for (const row of found[section] || []) {
        if (!figures(`${section}:${row[key]}`, row.strength)) redraw();
        if (section === "children") beside(`children:${row[key]}`, row);
      }
    }
  }

  // What stands beside the figures of operations below this one, and of all together in the headings.
  function beside(name, found) {
    const row = board.querySelector(`[data-row="${CSS.escape(name)}"]`);
    const counts = {
      heard: found.posts.heard, total: found.posts.total, open: found.incidents.open,
      alerts: Object.values(found.alerts).reduce((sum, count) => sum + count, 0),
    };
    row?.querySelectorAll("[data-c]").forEach((each) => put(each, String(counts[each.dataset.c])));
    if (name === "rolled:") {
      board.querySelectorAll("[data-whole]").forEach((each) => put(each, String(counts[each.dataset.whole])));
    }
    const severities = row?.querySelector("[data-severities]");
    const said = Object.entries(found.incidents.by_severity).map(([severity, count]) => `${severity}:${count}`).join();
    if (severities && severities.dataset.severities !== said) redraw();
  }

  function rolledUp(found) {
    const shown = document.getElementById("rolled-up");
    if (!found || !shown) {
      if (found || shown) redraw();
      return;
    }
    figures("rolled:", found.strength);
    beside("rolled:", found);
    const said = [found.operations, found.overlapping, found.unseen.length, found.cycle.length].join();
    if (shown.dataset.said !== said) redraw();
  }

  function posts(found) {
    put(document.getElementById("heard"),
      `${found.heard} dari ${found.total} posko terdengar dalam ${found.silent_post_min} menit`);
    for (const post of found.rows) {
      const row = board.querySelector(`[data-post="${CSS.escape(post.post_id)}"]`);
      if (!row) return redraw();
      row.classList.toggle("silent", post.silent);
      const heard = row.querySelector("[data-p=last_heard]");
      put(heard.firstChild, datedClock(post.last_heard));
      put(heard.lastElementChild, post.silent ? " senyap" : "");
      count(row.querySelector("[data-p=queue_length]"), post.queue_length);
      count(row.querySelector("[data-p=missing]"), post.missing);
      row.querySelector("[data-p=reused]").hidden = !post.reused;
      const said = [post.closed_at, post.after_closing, post.on_watch, post.handing_to].join();
      if (row.dataset.said !== said) redraw();
    }
  }

  function ledger(line) {
    const shown = document.getElementById("ledger");
    const [kind, said] = line.unread ? ["unread", "Masih dibaca"]
      : line.balance.balanced ? ["even", "Seimbang"] : ["odd", "TIDAK SEIMBANG"];
    shown.className = `ledger ${kind}`;
    put(shown.querySelector("strong"), said);
    document.getElementById("unread").hidden = !line.unread;
    put(document.querySelector("#unread b"), number(line.unread));
    shown.querySelectorAll("[data-l]").forEach((each) => put(each, number(line.balance[each.dataset.l])));
    document.getElementById("other-mode").hidden = !line.balance.other_mode;
  }

  function moment(found) {
    board.querySelectorAll("[data-time]").forEach((each) => {
      const instant = found[each.dataset.time];
      each.dateTime = instant;
      put(each, datedClock(instant, "seconds" in each.dataset));
    });
    put(document.getElementById("vector"),
      Object.entries(found.vector).map(([name, offset]) => `${name}@${offset}`).join(" "));
    if (found.day !== board.dataset.day) redraw();
  }

  function speak(total) {
    if (Date.now() - spokenAt < SPEAK_MS) return;
    spokenAt = Date.now();
    put(document.getElementById("spoken"),
      `Di lokasi ${total.at_place} dari ${total.ordered}, salah lokasi ${total.wrong_place}, ` +
      `tanpa plotting ${total.unplanned}, tidak terdaftar ${total.unregistered}, terlambat ${total.late}, ` +
      `berhalangan ${total.excused}, tidak hadir ${total.absent}, belum diketahui ${total.unknown}.`);
  }

  // The figures of the rallies; true if the page showed others.
  function rallies(found) {
    const old = [...board.querySelectorAll("[data-r]")].filter(
      (each) => each.textContent !== number(found[each.dataset.r]));
    old.forEach((each) => put(each, number(found[each.dataset.r])));
    return old.length > 0;
  }

  function show({situation, ledger: line}) {
    moment(situation);
    figures("total:", situation.total);
    rows(situation);
    rolledUp(situation.rolled_up);
    posts(situation.posts);
    ledger(line);
    return rallies(situation.rallies);
  }

  function keep(change) {
    const {rows: changedRows, replaced, ledger: line, ...whole} = change;
    Object.assign(told.situation, whole, replaced);
    if (line) told.ledger = line;
    for (const [section, fresh] of Object.entries(changedRows || {})) {
      const key = SECTIONS[section];
      const found = new Map(fresh.map((row) => [row[key], row]));
      told.situation[section] = told.situation[section].map((row) => found.get(row[key]) || row);
    }
  }

  function changed(change) {
    if (!told) return;
    keep(change);
    moment(change);
    if (change.total) figures("total:", change.total);
    if (change.rows) rows(change.rows);
    if ("rolled_up" in change) rolledUp(change.rolled_up);
    const headline = told.situation.rolled_up ? change.rolled_up?.strength : change.total;
    if (headline) speak(headline);
    if (change.posts) posts(change.posts);
    if (change.ledger) ledger(change.ledger);
    if (change.rallies) rallies(change.rallies);
    const drawn = ["name", "mode", "zone", "opened", "closed", "day_closed", "rallies", "incidents", "polls", "alerts"];
    if (change.replaced || drawn.some((part) => part in change)) redraw();
  }

  function snapshot(state) {
    const first = told === null;
    told = state;
    const drawnFor = progress(board);
    const other = show(state);
    // the page as the server drew it serves the first snapshot, if nothing happened in between
    if (!first || other || !reached(drawnFor, {...state.situation, at: ""})) redraw();
  }

  // How far the picture had come that a page shows.
  function progress(page) {
    const vector = {};
    for (const part of page.querySelector("#vector").textContent.split(" ").filter(Boolean)) {
      const cut = part.lastIndexOf("@");
      vector[part.slice(0, cut)] = Number(part.slice(cut + 1));
    }
    const time = (name) => page.querySelector(`[data-time="${name}"]`).dateTime;
    return {at: time("at"), known_at: time("known_at"), vector};
  }

  function reached(found, goal) {
    return found.at >= goal.at && found.known_at >= goal.known_at
      && Object.entries(goal.vector).every(([name, offset]) => (found.vector[name] || 0) >= offset);
  }

  function redraw() {
    if (told) due = {...told.situation};
    redrawLater();
  }

  function redrawLater() {
    if (redrawing || lost) return;
    redrawing = setTimeout(fetchPage, Math.max(0, redrawnAt + redrawMs - Date.now()));
  }

  async function fetchPage() {
    const goal = due;
    let behind = true;
    try {
      const answer = await fetch(location.href, {signal: AbortSignal.timeout(FETCH_MS)});
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("board");
      const drawnFor = progress(fresh);
      fresh.querySelector("#link").replaceWith(document.getElementById("link"));
      fresh.querySelector("#stale").replaceWith(document.getElementById("stale"));
      board.replaceWith(fresh);
      board = fresh;
      document.title = page.title;
      behind = goal !== null && !reached(drawnFor, goal);
      if (due && reached(drawnFor, due)) due = null;
      if (told) show(told);
      if (lost) gone(lost);
    } catch (error) {
      console.warn("the page was not fetched", error);
    }
    redrawnAt = Date.now();
    redrawMs = behind ? Math.min(2 * redrawMs, REDRAW_MS_MAX) : REDRAW_MS;
    redrawing = null;
    if (due) redrawLater();
  }

  function say(state, text) {
    const link = document.getElementById("link");
    if (link.dataset.state === state) return;
    link.dataset.state = state;
    put(document.getElementById("link-text"), text);
  }

  function live() {
    heardAt = Date.now();
    reopenMs = REOPEN_MS;
    if (!lost && document.getElementById("link").dataset.state === "live") return;
    lost = "";
    say("live", "langsung");
    document.getElementById("stale").hidden = true;
    if (due) redrawLater();
  }

  function gone(why) {
    lost = why;
    say("lost", "terputus");
    const stale = document.getElementById("stale");
    const shown = board.querySelector('[data-time="at"]');
    put(stale, `${why} Angka di bawah adalah keadaan pukul ${shown.textContent} ${board.dataset.letters}.`);
    stale.hidden = false;
  }

  function follow() {
    stream = new EventSource(url);
    stream.addEventListener("snapshot", (message) => { live(); snapshot(JSON.parse(message.data)); });
    stream.addEventListener("delta", (message) => {
      live();
      // several changes of one tick may come in one message, a line each
      for (const line of message.data.split("\n")) changed(JSON.parse(line));
    });
    stream.addEventListener("error", () => {
      gone(LOST);
      // a stream answered by anything but 200 is closed for good: the browser tries no more, so we do
      if (stream.readyState === EventSource.CLOSED) reopenLater();
    });
  }

  function reopenLater() {
    if (reopening) return;
    reopening = setTimeout(reopen, reopenMs * (0.75 + Math.random() / 2));
    reopenMs = Math.min(2 * reopenMs, REOPEN_MS_MAX);
  }

  // Asks first: an EventSource does not say why it was turned away.
  async function reopen() {
    const asking = new AbortController();
    const timer = setTimeout(() => asking.abort(), FETCH_MS);
    let status = 0;
    try {
      status = (await fetch(url, {signal: asking.signal, cache: "no-store"})).status;
    } catch {
      // not even an answer: as lost as before
    }
    clearTimeout(timer);
    asking.abort();
    reopening = null;
    if (status === 200) {
      heardAt = Date.now();
      follow();
      return;
    }
    gone(status === 401 ? ENDED : LOST);
    reopenLater();
  }

  follow();
  setInterval(() => {
    if (reopening || Date.now() - heardAt <= SILENT_MS) return;
    stream.close(); // a connection that died without a word stays open for ever
    gone(SILENT);
    reopenLater();
  }, 2000);
})();
