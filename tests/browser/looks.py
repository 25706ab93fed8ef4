"""What every page is held to in a browser: axe, the width of the screen, the policy."""

from axe_playwright_python.sync_playwright import Axe

#: Theme and width; the four values of both stand in two looks.
LOOKS = [("light", 1440), ("dark", 390)]


def serious(page):
    """axe's serious and critical findings."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def findings(page):
    """Those, and a page that scrolls sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return serious(page) + ([f"{page.url} is {wide} px too wide"] if wide > 0 else [])
