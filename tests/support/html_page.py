"""Reads HTML pages without a browser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

ELEMENTS_WITHOUT_END = {"meta", "img", "input", "br", "link", "path", "use"}


@dataclass
class Element:
    """An element with its attributes, the tags of its ancestors, and all text inside it."""

    tag: str
    attributes: dict[str, str]
    ancestors: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page in document order."""

    elements: list[Element] = field(default_factory=list)
    unclosed: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @staticmethod
    def read(path: Path) -> "Page":
        page = Page()
        page.feed(path.read_text())
        page.close()
        assert page.unclosed == [], "an element is not closed"
        return page

    def find_all(self, tag: str, within: str = "") -> list[Element]:
        """All elements with a tag, or only those inside another element."""
        return [
            element for element in self.elements if element.tag == tag and (not within or within in element.ancestors)
        ]

    def find_rows(self, heading: str) -> list[list[str]]:
        """The rows of the table whose first cell has this text, header first; empty if there is no such table."""
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
        element = Element(
            tag, {name: value or "" for name, value in attrs}, tuple(parent.tag for parent in self.unclosed)
        )
        self.elements.append(element)
        if tag not in ELEMENTS_WITHOUT_END:
            self.unclosed.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, ()))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ELEMENTS_WITHOUT_END:
            assert self.unclosed.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.unclosed:
            element.text += data
