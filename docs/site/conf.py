"""Sphinx settings of the documentation site; `assemble.py` puts the pages together. Its readers need no network."""

project = "minikube_py"
author = "the minikube_py authors"
extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "minikube_py"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/wheel.svg"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
templates_path: list[str] = []
pygments_style = "friendly"
pygments_dark_style = "github-dark"
nitpicky = True
html_theme_options = {
    "light_logo": "wheel.svg",
    "dark_logo": "wheel.svg",
    "sidebar_hide_name": False,
    "light_css_variables": {
        "color-brand-primary": "#1f5fbf",
        "color-brand-content": "#1f5fbf",
        "color-brand-visited": "#1f5fbf",
        "font-stack": "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7fb2ff",
        "color-brand-content": "#7fb2ff",
        "color-brand-visited": "#7fb2ff",
    },
}
