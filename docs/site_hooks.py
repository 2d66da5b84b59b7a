"""Lets the documentation site show pages that link to files of the repository outside docs/."""

import re
from typing import Any


def on_page_markdown(markdown: str, *, config: Any, **others: Any) -> str:
    """Turns links that leave docs/, such as ../examples/zoo-dcgan, into links to the repository."""
    return re.sub(r"\]\(\.\./", f"]({config.repo_url}/blob/main/", markdown)
