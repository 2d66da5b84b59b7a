"""An HTML page as a reader's program takes it in, without a browser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

EMPTY = {"meta", "img", "input", "br", "link", "path", "use"}


@dataclass
class Element:
    """A tag with its attributes and all the text within it."""

    tag: str
    attributes: dict[str, str]
    within: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page, in their order."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @staticmethod
    def read(path: Path) -> "Page":
        page = Page()
        page.feed(path.read_text())
        page.close()
        assert page.open == [], "an element is not closed"
        return page

    def all(self, tag: str, within: str = "") -> list[Element]:
        return [one for one in self.elements if one.tag == tag and (not within or within in one.within)]

    def rows(self, heading: str) -> list[list[str]]:
        """Cells of the table whose first cell has this text, row by row, header first."""
        rows: list[list[str]] = []
        for element in self.elements:
            if element.tag == "table":
                if rows and rows[0] and rows[0][0] == heading:
                    return rows
                rows = []
            elif element.tag == "tr":
                rows.append([])
            elif element.tag in ("th", "td"):
                rows[-1].append(element.text)
        return rows if rows and rows[0][0] == heading else []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(one.tag for one in self.open))
        self.elements.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, ()))

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data
