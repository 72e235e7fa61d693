"""Who may import whom, and where the heavy libraries live."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Left to right; each imports itself and what stands before it.
LAYERS = ("corpus", "index", "assistant", "app")
# Making the built-in encoder takes torch and its company; nothing else imports this package.
TRAINING = {f"index/training/{name}.py" for name in ("export", "model", "selection", "train")}
# The page imports these, and nothing else does.
PAGE = {f"assistant/page/{name}.py" for name in ("evaluation", "layout", "operator", "visitor")}
HOMES = {
    "chromadb": {"index/vectors.py"},
    "chromadb_rust_bindings": {"index/vectors.py"},
    "tantivy": {"index/lexical.py"},
    "sentence_transformers": {"index/encoder.py", "index/reranker.py", *TRAINING},
    "torch": {"index/reranker.py", "assistant/local_model.py", *TRAINING},
    "transformers": {"assistant/local_model.py", *TRAINING},
    "datasets": TRAINING,
    "sentencepiece": TRAINING,
    "tokenizers": {"index/static_encoder.py", *TRAINING},
    "safetensors": {"index/static_encoder.py", *TRAINING},
    "bs4": {"corpus/conversion/web.py"},
    "soupsieve": {"corpus/conversion/web.py"},
    "markdownify": {"corpus/conversion/web.py"},
    "pdfminer": {"corpus/conversion/pdf.py"},
    "langchain_text_splitters": {"corpus/chunker.py"},
    "langchain": {"assistant/generator.py"},
    "langchain_core": {"assistant/langchain.py"},
    "ir_measures": {"assistant/evaluation/retrieval.py"},
    "jinja2": {"assistant/evaluation/report.py"},
    "threadpoolctl": {"assistant/start.py"},
    "gradio": {"app.py", *PAGE},
}
# Seconds to import: these wait until they are used, so that the first answer does not wait for them.
HEAVY = ("chromadb", "torch", "transformers", "sentence_transformers", "gradio", "langchain", "langchain_core",
         "langchain_text_splitters", "onnxruntime", "sklearn", "scipy", "ir_measures")  # fmt: skip
MAY_IMPORT_AT_THE_TOP = {path: {"gradio"} for path in ("app.py", *PAGE)} | {
    name: {"torch", "transformers", "sentence_transformers"} for name in TRAINING
}
# Nothing imports it but whoever has LangChain.
MAY_IMPORT_AT_THE_TOP["assistant/langchain.py"] = {"langchain_core"}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, by its dotted name, and whether it is imported when its file is."""

    name: str
    line: int
    at_the_top: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


def source_files() -> list[str]:
    folders = [path for name in LAYERS[:-1] for path in sorted((ROOT / name).rglob("*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in [*folders, ROOT / "app.py"] if path.exists()]


def imports_of(path: str) -> Iterator[Import]:
    """Every import of a file; those under `if TYPE_CHECKING:` or in a function are not at the top."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    pending: list[tuple[ast.AST, bool]] = [(tree, True)]
    while pending:
        node, at_the_top = pending.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_the_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides which layer it reaches"
            yield Import(node.module or "", node.lineno, at_the_top)
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        pending += [(child, at_the_top and not deferred) for child in ast.iter_child_nodes(node)]


def test_the_layers_are_there() -> None:
    assert {path.partition("/")[0].removesuffix(".py") for path in source_files()} == set(LAYERS)


@pytest.mark.parametrize("path", source_files())
def test_a_layer_imports_only_those_before_it(path: str) -> None:
    layer = LAYERS.index(path.partition("/")[0].removesuffix(".py"))
    later = set(LAYERS[layer + 1 :])

    assert [f"{path}:{found.line} {found.name}" for found in imports_of(path) if found.package in later] == []


@pytest.mark.parametrize("path", source_files())
def test_the_product_does_not_import_its_tests(path: str) -> None:
    assert [found.name for found in imports_of(path) if found.package in {"tests", "pytest", "hypothesis"}] == []


@pytest.mark.parametrize("path", source_files())
def test_a_heavy_library_has_one_home(path: str) -> None:
    strangers = [
        f"{path}:{found.line} {found.name}"
        for found in imports_of(path)
        if found.package in HOMES and path not in HOMES[found.package]
    ]

    assert strangers == []


@pytest.mark.parametrize("path", source_files())
def test_heavy_libraries_are_imported_where_they_are_used(path: str) -> None:
    allowed = MAY_IMPORT_AT_THE_TOP.get(path, set())
    early = [
        f"{path}:{found.line} {found.name}"
        for found in imports_of(path)
        if found.at_the_top and found.package in HEAVY and found.package not in allowed
    ]

    assert early == []


@pytest.mark.parametrize("path", [path for path in source_files() if path != "app.py"])
def test_the_page_is_not_imported_at_the_top_of_anything(path: str) -> None:
    assert [found.line for found in imports_of(path) if found.at_the_top and found.package == "app"] == []


def test_nothing_imports_the_training_but_itself() -> None:
    strangers = [
        f"{path}:{found.line}"
        for path in source_files()
        for found in imports_of(path)
        if found.name.startswith("index.training") and not path.startswith("index/training/")
    ]

    assert strangers == []


@pytest.mark.parametrize("path", [path for path in source_files() if path != "assistant/settings.py"])
def test_only_the_settings_read_the_environment(path: str) -> None:
    names = {"environ", "environb", "getenv", "getenvb"}
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    attributes = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os"
    ]
    imported = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names}
    ]

    assert attributes + imported == []
