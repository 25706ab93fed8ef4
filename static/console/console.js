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
    takeUp(all[next]);
  }

  // The row in hand has the focus too: Enter and Tab go on from where the eye is.
  function takeUp(row) {
    markCurrent(row);
    row.querySelector("a")?.focus({ preventScroll: true });
  }

  function focusOn(place) {
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }

  function closeMenu(menu) {
    const had = menu.contains(document.activeElement);
    menu.open = false;
    if (had) menu.querySelector("summary").focus();
  }

  // Escape closes what is open: a menu, the pages of a phone, the item in hand.
  function escape(target) {
    const menu = document.querySelector("details.menu[open]");
    const pages = document.querySelector(".menu-open [data-menu]");
    if (menu) closeMenu(menu);
    else if (pages) { pages.click(); pages.focus(); }
    else if (!isTyping(target)) target.closest("#panel")?.querySelector(".closing")?.click();
  }

  // From the filter down to the rows, and on among them.
  function arrow(event) {
    const isInRow = event.target.closest("[data-row]");
    if (event.key === "ArrowUp" ? !isInRow : !isInRow && !event.target.matches("[data-search]")) return;
    event.preventDefault();
    move(event.key === "ArrowUp" ? -1 : 1);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") arrow(event);
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) escape(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // Whoever dictates switches keys of a single character off, in the profile.
    if (event.key.length === 1 && document.body.dataset.singleKeys === "off") return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") document.getElementById("keys")?.showModal();
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

  // On a phone a row is a card of what matters most; pressing it, or its button, shows the rest.
  const narrow = window.matchMedia("(max-width: 760px)");
  function foldRows() {
    if (!narrow.matches) return;
    for (const row of document.querySelectorAll(".rows tbody tr:not(.folds)")) {
      if (row.querySelector("td.folded:not(:has(> .none:only-child))")) row.append(unfolding(row));
    }
  }

  function unfolding(row) {
    const cell = document.createElement("td");
    cell.className = "unfold";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.dataset.unfold = "";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `All of ${row.cells[0].textContent.trim()}`);
    cell.append(button);
    row.classList.add("folds");
    return cell;
  }

  function unfold(row) {
    const isOpen = row.classList.toggle("is-open");
    row.querySelector("[data-unfold]").setAttribute("aria-expanded", String(isOpen));
  }
  narrow.addEventListener("change", foldRows);

  // A row of rules goes where Alt and a key send it, by the button that does the same.
  const STEPS = { ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };
  document.addEventListener("keydown", (event) => {
    const row = event.altKey && STEPS[event.key] && event.target.closest("[data-rule-row]");
    const button = row && row.querySelector(`button[value="${STEPS[event.key]}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  document.addEventListener("click", (event) => {
    const menu = event.target.closest("[data-menu]");
    if (menu) {
      const isOpen = document.body.classList.toggle("menu-open");
      menu.setAttribute("aria-expanded", String(isOpen));
      return;
    }
    const filters = event.target.closest("[data-filters]");
    if (filters) {
      const isOpen = filters.closest("form").classList.toggle("is-open");
      filters.setAttribute("aria-expanded", String(isOpen));
    }
    const card = narrow.matches && event.target.closest(".rows .folds");
    if (card && (event.target.closest("[data-unfold]") || !event.target.closest("a, button, input"))) {
      unfold(card);
    }
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-keys]")) document.getElementById("keys").showModal();
    for (const open of document.querySelectorAll("details.menu[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
    const bar = event.target.closest("[data-href]");
    if (bar) window.location.assign(bar.dataset.href);
    const row = event.target.closest("[data-row]");
    if (row && event.target.closest("a")) markCurrent(row);
  });

  // The list has followed the search box as one typed: leaving it asks nothing anew, for the answer
  // would take away the row that is in hand by then.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-search]")) event.stopPropagation();
  }, true);

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

  // The keyboard and a screen reader stay where the eye is. What was swapped away with the focus in
  // it gives the focus to what came: the field that is wrong, the heading of an opened item, the same
  // link (htmx finds it by its id), else the part that is new.
  const WRONG = '[aria-invalid="true"], [role="alert"]';
  let isLost = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    isLost = event.detail.target?.contains(document.activeElement);
  });
  document.addEventListener("htmx:oobAfterSwap", foldRows);
  document.addEventListener("htmx:afterSettle", (event) => {
    foldRows();
    const place = document.getElementById(event.detail.target?.id);
    if (!place) return;
    const there = (isLost && place.querySelector(WRONG)) || place.querySelector("[data-focus]");
    if (there) focusOn(there);
    else if (isLost && document.activeElement === document.body) focusOn(place);
    isLost = false;
  });

  foldRows();

  // A page begins at the field that is wrong, or at the row from which an item was closed.
  const main = document.getElementById("main");
  const wrong = main.querySelector('[aria-invalid="true"]');
  if (wrong) wrong.focus();
  else if (window.location.hash.startsWith("#row-")) {
    const row = document.getElementById(window.location.hash.slice(1));
    if (row) takeUp(row);
    else focusOn(document.getElementById("list") || main);
  }
})();
