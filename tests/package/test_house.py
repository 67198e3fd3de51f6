"""The layers of packages: what is drawn of them is what is there, and imports lead only downwards."""

import importlib.util
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"tsrnn", *(f"tsrnn.{path.parent.name}" for path in ROOT.glob("tsrnn/*/__init__.py"))}
TANGLED = {"tsrnn.forecasting"}  # intervals.sample_paths runs inference, which reads intervals.distributions


@pytest.fixture(scope="module")
def house():
    spec = importlib.util.spec_from_file_location("house", ROOT / "docs" / "house.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["house"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["house"]


@pytest.fixture(scope="module")
def graph(house):
    return house.build_graph()


@pytest.fixture(scope="module")
def layers(house, graph):
    return house.read_house(graph)


def test_picture_and_text_are_up_to_date(house, layers):
    """Run `python docs/house.py` if they are not."""
    assert (ROOT / "docs" / "house.svg").read_text(encoding="utf-8") == house.as_svg(layers)
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert guide == house.with_text(guide, layers)


def test_every_package_has_a_place_in_at_most_nine_layers(house):
    layers = house.declared_layers()
    placed = [name.removeprefix("tsrnn.") for layer in layers for name in layer]
    there = [path.stem for path in (ROOT / "tsrnn").iterdir() if path.suffix == ".py" or path.is_dir()]
    there = [name for name in there if not name.startswith("__")]
    assert sorted(placed) == sorted(there)
    assert len(layers) <= 9


def test_no_package_imports_from_its_own_layer_or_from_above_not_even_for_annotations(house, graph):
    assert house.upward_imports(graph, house.declared_layers()) == []


def test_an_upward_import_is_found_also_where_it_is_for_annotations_alone(house, graph):
    downwards, upwards = [["tsrnn.network"], ["tsrnn.kernels"]], [["tsrnn.kernels"], ["tsrnn.network"]]
    assert house.upward_imports(graph, downwards) == []
    assert house.upward_imports(graph, upwards) == [("tsrnn.network", "tsrnn.kernels")]
    # matplotlib is imported there for annotations alone
    assert graph.direct_import_exists(importer="tsrnn.plotting.skill", imported="matplotlib")


@pytest.mark.parametrize("package", sorted(PACKAGES - TANGLED))
def test_parts_of_a_package_never_import_in_a_circle(graph, package):
    parts = graph.find_children(package)
    assert parts
    assert graph.nominate_cycle_breakers(package) == set()


def test_uses_of_a_package_are_its_import_lines(layers):
    """Counted again from the text of the files, without the graph."""
    packages = {package.name: package for layer in layers for package in layer}
    for name, package in packages.items():
        path = ROOT / "tsrnn" / name
        files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        lines = re.findall(r"^ *(?:from|import) tsrnn\.(\w+)", text, re.MULTILINE)
        assert set(package.uses) == set(lines) - {name}, name


def test_picture_fits_nine_hundred_pixels(layers, house):
    picture = ElementTree.fromstring(house.as_svg(layers))
    space = "{http://www.w3.org/2000/svg}"
    wide, tall = (float(number) for number in picture.attrib["viewBox"].split()[2:])
    assert wide == 900
    boxes = [rect.attrib for rect in picture.iter(f"{space}rect")]
    assert all(float(box.get("x", 0)) + float(box["width"]) <= wide for box in boxes)
    assert all(float(box.get("y", 0)) + float(box["height"]) <= tall for box in boxes)
    shown = [text.text for text in picture.iter(f"{space}text")]
    names = [package.name for layer in layers for package in layer]
    assert [text for text in shown if text in names] == names


def test_guide_without_the_markers_is_refused(house, layers):
    with pytest.raises(ValueError, match="needs the lines"):
        house.with_text("# Contributing\n", layers)


def test_guide_names_at_most_three_files_for_each_addition_and_all_are_there():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = guide.partition("## Where do I add")[2].partition("## ")[0]
    rows = [
        line.split(" | ")[1] for line in section.splitlines() if line.startswith("| a") or "| its" in line
    ]
    files = [re.findall(r"`([\w/<>]+\.py)`(?: or)?", row) for row in rows]
    assert len(rows) >= 6
    for row, named in zip(rows, files, strict=True):
        assert 1 <= len(named) - row.count(" or ") <= 3, row
        paths = [ROOT / "tsrnn" / (name.partition("<")[0] or name) for name in named]
        assert [path for path in paths if not path.exists()] == []
