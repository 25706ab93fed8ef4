// What the console does beyond htmx. Every listener hangs on document: htmx replaces the body
// when it restores history, and listeners on elements would be lost with it.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const rows = () => Array.from(document.querySelectorAll("[data-row]"));
  const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]");

  function markCurrent(row) {
    for (const other of rows()) {
      if (other !== row) other.removeAttribute("aria-current");
    }
    row.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.getAttribute("aria-current") === "true");
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1);
    markCurrent(all[next]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/" || event.key === "f") {
      // "/" finds anything from any page, "f" goes to the filter of the list at hand.
      const search = document.querySelector(event.key === "/" ? "[data-find]" : "[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
      const link = document.querySelector("[data-row][aria-current=true] a");
      if (link) link.click();
    }
  });

  document.addEventListener("click", (event) => {
    const menu = event.target.closest("[data-menu]");
    if (menu) {
      const isOpen = document.body.classList.toggle("menu-open");
      menu.setAttribute("aria-expanded", String(isOpen));
      return;
    }
    if (event.target.closest("[data-print]")) window.print();
    const bar = event.target.closest("[data-href]");
    if (bar) window.location.assign(bar.dataset.href);
    const row = event.target.closest("[data-row]");
    if (row && event.target.closest("a")) markCurrent(row);
  });

  // Nobody leaves figures on a screen: the page goes to the log-in when the session has ended.
  let lastSign = Date.now();
  document.addEventListener("htmx:afterRequest", () => { lastSign = Date.now(); });
  window.setInterval(() => {
    const seconds = Number(document.body.dataset.idleSeconds);
    if (!seconds || Date.now() - lastSign < seconds * 1000) return;
    const back = encodeURIComponent(window.location.pathname + window.location.search);
    window.location.assign(`${document.body.dataset.login}?idle=1&next=${back}`);
  }, 5000);

  function notice(text) {
    const place = document.getElementById("notices");
    if (!place) return;
    const line = document.createElement("p");
    line.className = "notice notice-error";
    line.textContent = text;
    place.replaceChildren(line);
  }
  document.addEventListener("htmx:sendError", () => {
    notice("The server cannot be reached. What you see may be out of date; try again.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    notice(`The server could not do this (${event.detail.xhr.status}). Nothing was changed; try again.`);
  });

  // An opened item takes the focus, so that the keyboard and a screen reader are where the eye is.
  document.addEventListener("htmx:afterSwap", (event) => {
    const heading = event.detail.target?.querySelector("[data-focus]");
    if (heading) heading.focus({ preventScroll: true });
  });
})();
