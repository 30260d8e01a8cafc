"""What the stories of who runs the platform share: a desk of theirs, toasts, menus, questions."""

import re

from playwright.sync_api import Locator, Page, expect


def told(page: Page, text: str | re.Pattern[str]) -> None:
    """See a toast that says it."""
    expect(page.get_by_role("region", name="Notifications").get_by_text(text)).to_be_visible()


def chosen(page: Page, of: str, item: str) -> None:
    """Choose from the menu of a thing."""
    page.get_by_role("button", name=f"Actions: {of}").click()
    page.get_by_role("menuitem", name=item).click()


def sure(page: Page, act: str) -> None:
    """Say yes to what is asked."""
    page.get_by_role("alertdialog").get_by_role("button", name=act).click()


def undone(page: Page) -> None:
    """Take back what was done last."""
    page.get_by_role("button", name="Undo").last.click()


def row(page: Page, text: str) -> Locator:
    """Return the row of a table that says it."""
    return page.get_by_role("row").filter(has_text=text)
