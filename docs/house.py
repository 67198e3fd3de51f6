"""Draw the packages of tsrnn as layers: docs/house.svg, and as text in CONTRIBUTING.md.

    python docs/house.py

The layers are those of the import contract in pyproject.toml, what a package holds is the first sentence of
its docstring, and what it uses comes from the graph of its imports, those for annotations included.
"""

import ast
import textwrap
import tomllib
from html import escape
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "house.svg"
GUIDE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- begin: python docs/house.py -->", "<!-- end -->"
WIDTH, EDGE, GAP, NUMBER = 900, 16, 10, 30
INNER, LINE, CHARACTER = 12, 18, 7.4  # pixels: of a box's padding, a line of text, and a mean character
COLOURS = {
    # what a package handles: fill and border, on a light ground and on a dark one
    "tables": (("#e3f0fb", "#2f77b5"), ("#15283a", "#6cb2ee")),
    "arrays": (("#e6f4ea", "#2e8a57"), ("#142c20", "#63c493")),
    "compiled": (("#fdeee0", "#c2681b"), ("#38240f", "#f0a35c")),
}
MEANING = {"tables": "sees pandas", "arrays": "sees arrays only", "compiled": "compiled by Numba"}
TEXT = (("#ffffff", "#1f2328", "#57606a"), ("#0d1117", "#e6edf3", "#9aa4af"))  # ground, ink, faint ink


class Package(NamedTuple):
    """A package, or a module beside the packages."""

    name: str
    holds: str
    uses: tuple[str, ...]
    libraries: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What its arrays are: a key of `COLOURS`."""
        if "numba" in self.libraries:
            return "compiled"
        return "tables" if "pandas" in self.libraries else "arrays"


def build_graph() -> grimp.ImportGraph:
    """Return all imports, also of other libraries and those that only annotations need."""
    options = {"include_external_packages": True, "exclude_type_checking_imports": False}
    return grimp.build_graph("tsrnn", cache_dir=None, **options)


def declared_layers() -> list[list[str]]:
    """Return the names of packages, layer by layer, the uppermost first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    contract = next(contract for contract in settings["contracts"] if contract["type"] == "layers")
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def read_house(graph: grimp.ImportGraph) -> list[list[Package]]:
    """Return the packages, layer by layer, the uppermost first."""
    layers = declared_layers()
    packages = [name for layer in layers for name in layer]
    libraries = [name for name in sorted(graph.modules) if not name.startswith("tsrnn")]

    def used(importer: str, candidates: list[str]) -> tuple[str, ...]:
        return tuple(
            name.removeprefix("tsrnn.")
            for name in candidates
            if name != importer
            and graph.direct_import_exists(importer=importer, imported=name, as_packages=True)
        )

    return [
        [
            Package(
                name.removeprefix("tsrnn."),
                _first_sentence(name),
                used(name, packages),
                used(name, libraries),
            )
            for name in layer
        ]
        for layer in layers
    ]


def _first_sentence(name: str) -> str:
    path = ROOT.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = " ".join(docstring.partition("\n\n")[0].split()).partition(". ")[0]
    return sentence.replace("`", "").removesuffix(".")


def upward_imports(graph: grimp.ImportGraph, layers: list[list[str]]) -> list[tuple[str, str]]:
    """Return imports between packages that do not lead to a lower layer; with none, there is no cycle."""
    level = {name: i for i, layer in enumerate(layers) for name in layer}
    pairs = [pair for one, other in combinations(level, 2) for pair in ((one, other), (other, one))]
    return [
        (importer, imported)
        for importer, imported in pairs
        if level[importer] >= level[imported]
        and graph.direct_import_exists(importer=importer, imported=imported, as_packages=True)
    ]


def as_text(house: list[list[Package]]) -> str:
    """Return the house in lines of at most 100 characters."""
    wide = max(len(package.name) for layer in house for package in layer) + 2
    lines = []
    for number, layer in zip(range(len(house), 0, -1), house, strict=True):
        for i, package in enumerate(layer):
            left = f"{'' if i else number:<3}{package.name:<{wide}}"
            lines += textwrap.wrap(package.holds, 100, initial_indent=left, subsequent_indent=" " * len(left))
    return "\n".join(lines)


def as_svg(house: list[list[Package]]) -> str:
    """Return the house as a picture that follows the reader's light or dark scheme."""
    parts, top = [], EDGE
    for number, layer in zip(range(len(house), 0, -1), house, strict=True):
        wide = (WIDTH - 2 * EDGE - NUMBER - GAP * (len(layer) - 1)) / len(layer)
        columns = int((wide - 2 * INNER) / CHARACTER)
        texts = [_box_lines(package, columns) for package in layer]
        tall = 2 * INNER + LINE * max(map(len, texts)) - 4
        parts.append(_text(EDGE, top + tall / 2 + 5, str(number), "faint"))
        for i, (package, lines) in enumerate(zip(layer, texts, strict=True)):
            parts += _box(EDGE + NUMBER + i * (wide + GAP), top, wide, tall, package, lines)
        top += tall + GAP
    parts += _legend(top + 14)
    tall = top + 34
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall:g}" width="{WIDTH}" role="img">'
    )
    title = "<title>The packages of tsrnn in layers: each imports only from layers below it</title>"
    ground = f'<rect class="ground" width="{WIDTH}" height="{tall:g}" rx="8"/>'
    return "\n".join([head, title, _style(), ground, *parts, "</svg>"]) + "\n"


def _box_lines(package: Package, columns: int) -> list[tuple[str, str]]:
    """Return the lines of text under each other, each with its class."""
    uses = f"uses {', '.join(package.uses)}" if package.uses else "uses no other package"
    lines = [(package.name, "name")]
    lines += [(line, "holds") for line in textwrap.wrap(package.holds, columns)]
    return lines + [(line, "faint") for line in textwrap.wrap(uses, columns)]


def _box(
    left: float, top: float, wide: float, tall: float, package: Package, lines: list[tuple[str, str]]
) -> list[str]:
    frame = f'x="{left:g}" y="{top:g}" width="{wide:g}" height="{tall:g}" rx="6"'
    inside, base = left + INNER, top + INNER + 12
    texts = [_text(inside, base + i * LINE, text, kind) for i, (text, kind) in enumerate(lines)]
    return [f'<rect class="{package.kind}" {frame}/>', *texts]


def _legend(base: float) -> list[str]:
    parts, left = [], float(EDGE + NUMBER)
    for kind, meaning in MEANING.items():
        parts.append(f'<rect class="{kind}" x="{left:g}" y="{base - 11:g}" width="14" height="14" rx="3"/>')
        parts.append(_text(left + 20, base, meaning, "faint"))
        left += 44 + CHARACTER * len(meaning)
    note = "Each imports only from layers below it."
    parts.append(f'<text class="faint" x="{WIDTH - EDGE}" y="{base:g}" text-anchor="end">{note}</text>')
    return parts


def _text(left: float, base: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{left:g}" y="{base:g}">{escape(text)}</text>'


def _style() -> str:
    def scheme(i: int) -> str:
        ground, ink, faint = TEXT[i]
        boxes = "".join(f".{kind}{{fill:{pair[i][0]};stroke:{pair[i][1]}}}" for kind, pair in COLOURS.items())
        return f".ground{{fill:{ground}}}text{{fill:{ink}}}.faint{{fill:{faint}}}{boxes}"

    font = "font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
    name = "font:bold 14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
    dark = f"@media(prefers-color-scheme:dark){{{scheme(1)}}}"
    return f"<style>text{{{font}}}.name{{{name}}}{scheme(0)}{dark}</style>"


def with_text(guide: str, house: list[list[Package]]) -> str:
    """Return the guide with what stands between the two markers replaced."""
    before, _, rest = guide.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{GUIDE.name} needs the lines {BEGIN!r} and {END!r}, in this order.")
    return f"{before}{BEGIN}\n```text\n{as_text(house)}\n```\n{END}{after}"


def main() -> None:
    """Write the picture and the text."""
    house = read_house(build_graph())
    PICTURE.write_text(as_svg(house), encoding="utf-8", newline="\n")
    guide = with_text(GUIDE.read_text(encoding="utf-8"), house)
    GUIDE.write_text(guide, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
