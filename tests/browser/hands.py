"""A person's hands at a page: one with a mouse, one with the keyboard alone.

Both find what they want by role and name, as a screen reader says it.
"""

from playwright.sync_api import expect

MOST_STOPS = 120
#: Run in each page before its own scripts: a hand that may not touch the mouse is caught at it.
NO_MOUSE = """
for (const kind of ["mousedown", "pointerdown", "touchstart"]) {
  addEventListener(kind, () => console.error(`The ${kind} of a mouse`), true);
}
"""
#: Where the focus is: what it is called, whether one sees it, and whether it went onward.
STOP = """backward => {
  const here = document.activeElement, before = window.stopBefore;
  window.stopBefore = here;
  const box = here.getBoundingClientRect(), style = getComputedStyle(here);
  const x = box.left + Math.min(box.width / 2, 40), y = box.top + Math.min(box.height / 2, 12);
  const top = document.elementFromPoint(x, y);
  const after = before?.isConnected && before !== document.body
    ? before.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING : true;
  return {
    what: here === document.body ? "" : here.outerHTML.slice(0, 160),
    isRinged: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    isOnTop: !!top && (here.contains(top) || top.contains(here)),
    isOnward: backward ? true : !!after,
  };
}"""


class Hand:
    def __init__(self, page):
        self.page = page

    def sees(self, heading):
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()

    def follow(self, name, within="body"):
        self.press(name, "link", within)

    def press(self, name, role="button", within="body"):
        self.act(self.page.locator(within).get_by_role(role, name=name).first)

    def write(self, label, text, enter=False):
        """Into a field, in place of what stands there."""
        self.enter(self.page.get_by_label(label, exact=True).filter(visible=True))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
        if enter:
            self.page.keyboard.press("Enter")

    def hand_in(self, label, path):
        """Choose a file; the dialog for it is the browser's own."""
        with self.page.expect_file_chooser() as chooser:
            self.act(self.page.get_by_label(label, exact=True))
        chooser.value.set_files(path)

    def take(self, name):
        """Bytes of what a link downloads."""
        with self.page.expect_download() as download:
            self.follow(name)
        return download.value.path().read_bytes()


class Mouse(Hand):
    def act(self, place):
        place.click()

    enter = act

    def open_row(self, text):
        self.page.locator("[data-row]", has_text=text).get_by_role("link").first.click()

    def find(self, text):
        self.page.get_by_role("search", name="Find anything").get_by_role("searchbox").click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def narrow(self, text):
        self.page.locator("[data-search]").click()
        self.page.keyboard.type(text)


class Keyboard(Hand):
    def __init__(self, page):
        super().__init__(page)
        page.add_init_script(NO_MOUSE)

    def act(self, place):
        self.enter(place)
        self.page.keyboard.press("Enter")

    def enter(self, place):
        """Tab to it, or back to it; every stop on the way has to be seen and in order."""
        place.wait_for()
        wanted = place.element_handle()
        if self._is_at("body") and self._is_in_main(wanted):
            self._skip()
        backward = wanted.evaluate(
            "e => !!(document.activeElement.compareDocumentPosition(e) & 2)"
            " && !document.activeElement.contains(e) && document.activeElement !== document.body"
        )
        for _ in range(MOST_STOPS):
            if wanted.evaluate("e => e === document.activeElement"):
                return
            self.page.keyboard.press("Shift+Tab" if backward else "Tab")
            self._look(backward)
        raise AssertionError(f"The keyboard does not come to {wanted}.")

    def open_row(self, text):
        """`j` from row to row, or the arrow from the filter, then Enter."""
        row = self.page.locator("[data-row][aria-current=true]", has_text=text)
        is_at_filter = self._is_at("[data-search]")
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("ArrowDown" if is_at_filter else "j")
            if row.count():
                break
        self._look()
        self.page.keyboard.press("Enter")

    def find(self, text):
        self.page.keyboard.press("/")
        self._look()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def narrow(self, text):
        self.page.keyboard.press("f")
        self._look(backward=True)
        self.page.keyboard.type(text)

    def _skip(self):
        """The first stop of a page leads past its frame."""
        self.page.keyboard.press("Tab")
        if self._is_at(".skip"):
            self._look()
            self.page.keyboard.press("Enter")

    def _is_at(self, selector):
        return self.page.evaluate("s => document.activeElement.matches(s)", selector)

    def _is_in_main(self, wanted):
        return wanted.evaluate("e => !!e.closest('main')")

    def _look(self, backward=False):
        stop = self.page.evaluate(STOP, backward)
        assert stop["isRinged"], f"Nobody sees the focus: {stop['what']}"
        assert stop["isOnTop"], f"The focus is covered or off the screen: {stop['what']}"
        assert stop["isOnward"], f"The focus jumps back: {stop['what']}"
