"""How `make docs` builds the site. Nothing is fetched, neither by the build nor by a page that is read from a file."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from edgeworth import __version__  # noqa: E402

project = "Edgeworth"
author = "The Edgeworth authors"
copyright = "The Edgeworth authors, Apache-2.0"
release = version = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "generated", "mathml", "names", "pictures"]
exclude_patterns = ["_build", "notebooks/data", "claims/intro"]  # the last are parts of pages
nitpicky = True

# --- Markdown and notebooks ---------------------------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the tests execute them
nb_merge_streams = True

# --- the reference ------------------------------------------------------------------------------------------------------------

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_mock_imports = [name for name in ("torch", "gymnasium", "pettingzoo", "hypothesis") if find_spec(name) is None]
autodoc_typehints = "none"  # the sections of the docstrings tell types, with shapes and units
autodoc_preserve_defaults = True
add_module_names = False
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]
default_role = "name"
smartquotes = False  # they would turn --help into a dash
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"

# --- the look -----------------------------------------------------------------------------------------------------------------

html_theme = "furo"
html_title = "Edgeworth"
html_static_path = ["_static"]
html_css_files = ["edgeworth.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # would be fetched, which a browser refuses from file://
html_theme_options = {"navigation_with_keys": True}
