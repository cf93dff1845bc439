// Keeps the board's numbers as the stream says. The server draws the page; here only figures and times are changed.
// When rows come or go, or something without figures of its own changes, the page's main part is fetched anew.
"use strict";

(() => {
  const SILENT_MS = 20000; // the stream says something at least every 5 s
  const REDRAW_MS = 2000;
  const SPEAK_MS = 15000;
  const SECTIONS = {venues: "venue_id", sites: "site_id", kelurahan: "code", kecamatan: "code", satgas: "satgas_id"};
  const DRAWN = new Set(["venues", "sites", "kecamatan", "satgas"]);

  let board = document.getElementById("board");
  const operation = board.dataset.operation;
  let heardAt = Date.now();
  let lost = false;
  let redrawing = null;
  let redrawnAt = 0;
  let spokenAt = 0;
  let drawn = false; // the page as the server drew it belongs to the first snapshot only

  const number = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ".");

  function clock(instant, seconds) {
    if (!instant) return "–";
    const local = new Date(Date.parse(instant) + board.dataset.offsetMin * 60000).toISOString();
    return local.slice(11, seconds ? 19 : 16).replaceAll(":", ".");
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
    const parts = [
      strength.present - late, late, strength.relieved + strength.left,
      strength.awaited, strength.excused, strength.unknown, strength.absent,
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
      }
    }
  }

  function posts(found) {
    put(document.getElementById("heard"),
      `${found.heard} dari ${found.total} posko terdengar dalam ${found.silent_post_min} menit`);
    for (const post of found.rows) {
      const row = board.querySelector(`[data-post="${CSS.escape(post.post_id)}"]`);
      if (!row) return redraw();
      row.classList.toggle("silent", post.silent);
      const heard = row.querySelector("[data-p=last_heard]");
      put(heard.firstChild, clock(post.last_heard));
      put(heard.lastElementChild, post.silent ? " senyap" : "");
      count(row.querySelector("[data-p=queue_length]"), post.queue_length);
      count(row.querySelector("[data-p=missing]"), post.missing);
    }
  }

  function ledger(line) {
    const shown = document.getElementById("ledger");
    shown.className = `ledger ${line.balance.balanced ? "even" : "odd"}`;
    put(shown.querySelector("strong"), line.balance.balanced ? "Seimbang" : "TIDAK SEIMBANG");
    shown.querySelectorAll("[data-l]").forEach((each) => put(each, number(line.balance[each.dataset.l])));
  }

  function moment(found) {
    board.querySelectorAll("[data-time]").forEach((each) => {
      const instant = found[each.dataset.time];
      each.dateTime = instant;
      put(each, clock(instant, "seconds" in each.dataset));
    });
    put(document.getElementById("vector"),
      Object.entries(found.vector).map(([name, offset]) => `${name}@${offset}`).join(" "));
    if (found.day !== board.dataset.day) redraw();
  }

  function speak(total) {
    if (Date.now() - spokenAt < SPEAK_MS) return;
    spokenAt = Date.now();
    put(document.getElementById("spoken"),
      `Hadir ${total.present} dari ${total.ordered}, terlambat ${total.late}, ` +
      `berhalangan ${total.excused}, tidak hadir ${total.absent}, belum diketahui ${total.unknown}.`);
  }

  function changed(change) {
    moment(change);
    if (change.total) { figures("total:", change.total); speak(change.total); }
    if (change.rows) rows(change.rows);
    if (change.posts) posts(change.posts);
    if (change.ledger) ledger(change.ledger);
    const titled = ["name", "mode", "zone", "closed", "day_closed"].some((part) => part in change);
    if (titled || change.replaced || change.rallies || change.incidents) redraw();
  }

  function snapshot(state) {
    const {situation} = state;
    moment(situation);
    figures("total:", situation.total);
    rows(situation);
    posts(situation.posts);
    ledger(state.ledger);
    if (drawn) redraw();
    drawn = true;
  }

  function redraw() {
    if (redrawing) return;
    redrawing = setTimeout(fetchPage, Math.max(0, redrawnAt + REDRAW_MS - Date.now()));
  }

  async function fetchPage() {
    try {
      const answer = await fetch(location.href, {credentials: "same-origin"});
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("board");
      fresh.querySelector("#link").replaceWith(document.getElementById("link"));
      fresh.querySelector("#stale").replaceWith(document.getElementById("stale"));
      board.replaceWith(fresh);
      board = fresh;
      document.title = page.title;
      redrawnAt = Date.now();
      redrawing = null;
    } catch {
      redrawnAt = Date.now();
      redrawing = null;
      redraw();
    }
  }

  function say(state, text) {
    const link = document.getElementById("link");
    if (link.dataset.state === state) return;
    link.dataset.state = state;
    put(document.getElementById("link-text"), text);
  }

  function live() {
    heardAt = Date.now();
    lost = false;
    say("live", "langsung");
    document.getElementById("stale").hidden = true;
  }

  function gone(why) {
    if (lost) return;
    lost = true;
    say("lost", "terputus");
    const stale = document.getElementById("stale");
    const shown = board.querySelector('[data-time="at"]');
    put(stale, `${why} Angka di bawah adalah keadaan pukul ${shown.textContent} ${board.dataset.letters}.`);
    stale.hidden = false;
  }

  const stream = new EventSource(`/reporting/v1/operations/${encodeURIComponent(operation)}/stream`);
  stream.addEventListener("snapshot", (message) => { live(); snapshot(JSON.parse(message.data)); });
  stream.addEventListener("delta", (message) => {
    live();
    // several changes of one tick may come in one message, a line each
    for (const line of message.data.split("\n")) changed(JSON.parse(line));
  });
  stream.addEventListener("error", () => {
    gone(stream.readyState === EventSource.CLOSED
      ? "Sesi berakhir; mintalah tautan masuk yang baru."
      : "Sambungan terputus, sedang menyambung lagi.");
  });
  setInterval(() => {
    if (Date.now() - heardAt > SILENT_MS) gone("Tidak ada kabar dari pusat.");
  }, 2000);
})();
