"""How the site is built: MyST pages, the furo theme, a lexer for einlang programs."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

from highlighting import EinLexer

import einlang

project = "einlang"
author = "the einlang authors"
copyright = author
release = version = einlang.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
default_role = "code"
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": False}
python_use_unqualified_type_names = True
toc_object_entries = False

html_theme = "furo"
html_title = f"einlang {release}"


def setup(app: Sphinx) -> None:
    """Makes `ein` a language that code blocks can name."""
    app.add_lexer("ein", EinLexer)
