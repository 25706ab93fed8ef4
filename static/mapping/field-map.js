// The field map: lines between fields, and fields that are dragged or chosen and put. What it does it
// does by the page's own forms; without it they do the same. Listeners hang on document, because htmx
// replaces the map.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const FAR_ENOUGH = 6;
  let taken = "";
  let drag = null;

  const place = () => document.querySelector("[data-field-map]");
  const find = (name, value) => place()?.querySelector(`[data-${name}="${CSS.escape(value)}"]`);

  function path(from, to) {
    const bend = Math.max(40, (to.x - from.x) / 2);
    return `M ${from.x} ${from.y} C ${from.x + bend} ${from.y}, ${to.x - bend} ${to.y}, ${to.x} ${to.y}`;
  }

  function draw() {
    const sheet = place()?.querySelector("[data-map-lines]");
    if (!sheet || !sheet.getClientRects().length) return;
    const frame = sheet.getBoundingClientRect();
    const at = (x, y) => ({ x: x - frame.left, y: y - frame.top });
    sheet.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    sheet.replaceChildren();
    for (const end of place().querySelectorAll("[data-uses]")) {
      for (const name of end.dataset.uses.split(" ").filter(Boolean)) {
        const start = find("source", name);
        if (start) sheet.append(line(start.getBoundingClientRect(), end, at));
      }
    }
    if (drag?.isMoving) {
      const from = find("source", drag.name).getBoundingClientRect();
      const loose = element(path(at(from.right, from.top + from.height / 2), at(drag.x, drag.y)));
      loose.classList.add("is-loose");
      sheet.append(loose);
    }
  }

  function line(from, end, at) {
    const to = end.getBoundingClientRect();
    const made = element(path(at(from.right, from.top + from.height / 2), at(to.left, to.top + to.height / 2)));
    if (end.classList.contains("is-default")) made.classList.add("is-default");
    if (end.classList.contains("is-wrong")) made.classList.add("is-wrong");
    if (end.closest(".is-open")) made.classList.add("is-open");
    return made;
  }

  function element(shape) {
    const made = document.createElementNS(SVG, "path");
    made.setAttribute("d", shape);
    return made;
  }

  // A field that is chosen offers every place where it can be put.
  function take(name) {
    taken = name === taken ? "" : name;
    for (const button of place().querySelectorAll("[data-take]")) {
      button.setAttribute("aria-pressed", String(button.dataset.take === taken));
    }
    for (const button of place().querySelectorAll("[data-put]")) button.hidden = !taken;
  }

  function put(source, target) {
    const form = place().querySelector("[data-map-add]");
    form.elements.source.value = source;
    form.elements.target.value = target;
    taken = "";
    form.requestSubmit();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take], [data-put]");
    if (!button) return;
    if (button.dataset.put) put(taken, button.dataset.put);
    else take(button.dataset.take);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && taken && place()) take(taken);
  });

  document.addEventListener("pointerdown", (event) => {
    const start = event.button === 0 && event.pointerType === "mouse" && event.target.closest("[data-source]");
    if (!start || !place().querySelector("[data-map-add]")) return;
    drag = { name: start.dataset.source, fromX: event.clientX, fromY: event.clientY, isMoving: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    if (Math.hypot(drag.x - drag.fromX, drag.y - drag.fromY) < FAR_ENOUGH && !drag.isMoving) return;
    event.preventDefault();
    drag.isMoving = true;
    place().classList.add("is-dragging");
    const over = under(event);
    for (const each of place().querySelectorAll("[data-target]")) each.classList.toggle("is-over", each === over);
    draw();
  });
  document.addEventListener("pointerup", (event) => {
    const ended = drag;
    drag = null;
    if (!ended?.isMoving) return;
    place().classList.remove("is-dragging");
    const over = under(event);
    if (over) {
      over.classList.remove("is-over");
      put(ended.name, over.dataset.target);
    }
    draw();
  });

  function under(event) {
    return document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-target]");
  }

  window.addEventListener("resize", draw);
  document.addEventListener("toggle", draw, true);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.matches("[data-field-map]")) taken = "";
    draw();
  });
  draw();
})();
