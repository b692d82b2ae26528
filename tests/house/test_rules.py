"""Who may import whom, and what a file may hold: read from the source, so a breach has a file and a line."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable

import pytest

from .source import ROOT, STDLIB, Import, Source, python_files, sources

CORE = sources("bigfoot", "bigfoot")
PLUGINS = sources("bigfoot/plugins", "bigfoot.plugins")
TRANSPORTS = sources("transports", "bigfoot.transports")
FAKES = sources("fakes", "bigfoot.fakes")
SHIPPED = [*CORE, *PLUGINS, *TRANSPORTS, *FAKES]
EVERYTHING = python_files("bigfoot", "transports", "fakes", "tests", "benchmarks")

# What the core may use from outside the standard library, and the only file that may (None: every file).
CORE_LIBRARIES: dict[str, str | None] = {
    "wrapt": None,
    "typing_extensions": None,
    "pytest": "pytest_plugin.py",
    "dirty_equals": "matchers.py",
    "rich": "__main__.py",
}
# Protocols without a socket: bytes in, events out. None of them opens a connection by itself.
SANS_IO = frozenset({"h11", "h2", "wsproto", "hpack", "hyperframe", "priority"})
SANS_IO_PARTS = (
    "websockets.extensions",
    "websockets.frames",
    "websockets.http11",
    "websockets.protocol",
    "websockets.server",
)

# Sets attributes by name elsewhere than in seam.py, and what for.
FORWARDS: dict[str, str] = {
    "transports/tls.py": "what a client sets on a context that is made later is set on the real one",
    "transports/claimed.py": "a claimed socket stays the client's own object, and is given a class of ours",
    "transports/datagram.py": "the same for sockets of datagrams",
    "transports/socket.py": "imports the module that it is named after",
}
# Catches everything and raises nothing, and where the exception goes instead.
KEPT: dict[str, str] = {
    "fakes/http_answer.py": "a user's callback failed: it is recorded, and _fail raises it on",
    "transports/libpq_wire.py": "a fault of the far end: its connection is closed, and threading.excepthook shows it",
    "fakes/http_explain.py": "a matcher's own exception was raised to the caller, and is shown as the finding",
    "bigfoot/rendering.py": "a user's own __repr__ failed, and that is shown in the place of the value",
    "bigfoot/timeline.py": "a matcher's own exception is part of the finding; the assertion raises from it",
}

LONGEST = 300
# Longer than that, and why it is still one thing.
LONGER: dict[str, str] = {
    "bigfoot/errors.py": "one hierarchy, drawn at its head, which the house wants in one place",
}


def every(files: Iterable[Source]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", [pytest.param(source, id=source.id) for source in files])


def lines(found: Iterable[Import]) -> list[str]:
    return [f"line {each.line}: {each.name}" for each in found]


@every(CORE)
def test_core_names_no_protocol_no_seam_and_no_plugin(source: Source) -> None:
    public_names = source.path.name == "__init__.py"
    outside = [
        each
        for each in source.imports
        if each.within("bigfoot.transports", "bigfoot.fakes", "bigfoot.plugins") and not (public_names and each.typing)
    ]
    assert lines(outside) == []


@every(CORE)
def test_core_stands_on_the_standard_library_and_little_else(source: Source) -> None:
    def allowed(each: Import) -> bool:
        only = CORE_LIBRARIES.get(each.top, "")
        return each.top in STDLIB or each.top == "bigfoot" or only is None or only == source.path.name

    assert lines(each for each in source.imports if not allowed(each)) == []


def test_the_context_knows_nothing_of_ours() -> None:
    context = Source(ROOT / "bigfoot" / "context.py", "bigfoot")
    assert lines(each for each in context.imports if each.within("bigfoot")) == []


@every([*TRANSPORTS, *FAKES, *PLUGINS])
def test_only_the_pytest_plugin_names_pytest(source: Source) -> None:
    assert lines(each for each in source.imports if each.within("pytest", "_pytest")) == []


@every(TRANSPORTS)
def test_transports_know_no_fake_and_load_no_client(source: Source) -> None:
    wrong = [
        each
        for each in source.imports
        if each.within("bigfoot.fakes", "bigfoot.plugins", "bigfoot.pytest_plugin")
        or not (each.lazy or each.top in STDLIB or each.top == "bigfoot")
    ]
    assert lines(wrong) == []


@every(FAKES)
def test_fakes_know_no_client_and_no_plugin(source: Source) -> None:
    def allowed(each: Import) -> bool:
        if each.top == "bigfoot":
            return not each.within("bigfoot.plugins", "bigfoot.pytest_plugin")
        return each.top in STDLIB | SANS_IO or each.within(*SANS_IO_PARTS)

    assert lines(each for each in source.imports if not allowed(each)) == []


@every([*TRANSPORTS, *FAKES])
def test_siblings_import_relatively_and_other_folders_absolutely(source: Source) -> None:
    # Through the links a file has two paths; only so do type checkers see one module and not two.
    wrong = [each for each in source.imports if (each.level == 1) != each.within(source.package)]
    assert lines(wrong) == []


@every(SHIPPED)
def test_only_a_seam_replaces_what_belongs_to_others(source: Source) -> None:
    if source.id == "bigfoot/seam.py" or source.id in FORWARDS:
        return
    foreign = {each.name.rpartition(".")[2] for each in source.imports if each.top != "bigfoot"}
    foreign |= {each.top for each in source.imports if each.top != "bigfoot"}
    wrong = [
        ast.unparse(node)
        for node in ast.walk(source.tree)
        if _sets_by_name(node) or any(_is_foreign(target, foreign) for target in _targets(node))
    ]
    assert wrong == []


def _sets_by_name(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    own = bool(node.args) and isinstance(node.args[0], ast.Name) and node.args[0].id == "self"
    return node.func.id in {"setattr", "delattr"} and not own


def _targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return targets
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return [target]
        case _:
            return []


def _is_foreign(target: ast.expr, foreign: set[str]) -> bool:
    if not isinstance(target, ast.Attribute):
        return False
    root: ast.expr = target
    while isinstance(root, ast.Attribute):
        root = root.value
    if target.attr == "__class__":
        return ast.unparse(target.value) != "sys.modules[__name__]"  # a module may be what it likes
    return isinstance(root, ast.Name) and root.id in foreign


@every(SHIPPED)
def test_nothing_is_swallowed(source: Source) -> None:
    broad = [
        f"line {node.lineno}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and _is_broad(node.type)
        and not any(isinstance(child, ast.Raise) for child in ast.walk(node))
    ]
    assert len(broad) == (source.id in KEPT), broad


def _is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


@every(SHIPPED)
def test_a_file_is_one_thing(source: Source) -> None:
    length = len(source.text.splitlines())
    assert length <= LONGEST or source.id in LONGER, f"{length} lines: split it, or say why in LONGER"
    assert length > LONGEST or source.id not in LONGER, "no longer long: take it out of LONGER"


def test_exemptions_name_files_that_exist() -> None:
    assert [name for name in [*LONGER, *KEPT, *FORWARDS] if not (ROOT / name).is_file()] == []


@every(EVERYTHING)
def test_no_banner_comments(source: Source) -> None:
    # Decoration, at either end of the comment: a file that wants chapters wants to be two files.
    banner = re.compile(r"#\s*([-=*#~_─═])\1{3,}|([-=*#~_─═])\2{3,}\s*$")
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    assert [f"line {each.start[0]}" for each in comments if banner.search(each.string)] == []


@every(EVERYTHING)
def test_annotations_are_never_evaluated_at_import(source: Source) -> None:
    names = {each.name for each in source.imports}
    annotated = any(isinstance(node, ast.AnnAssign | ast.arg) for node in ast.walk(source.tree))
    assert not annotated or "__future__.annotations" in names


@every(SHIPPED)
def test_classes_are_named_after_what_they_are(source: Source) -> None:
    vague = re.compile(r"(Manager|Helper|Impl)$|^_?Base(?=[A-Z]|$)")
    classes = [node.name for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    assert [name for name in classes if vague.search(name)] == []


def test_every_fake_has_a_typed_public_name() -> None:
    public = ast.parse((ROOT / "bigfoot" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        node.target.id
        for node in ast.walk(public)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    typed |= {node.name for node in public.body if isinstance(node, ast.FunctionDef)}
    assert {name for source in FAKES for name in _protocol_names(source)} - typed == set()


def _protocol_names(source: Source) -> list[str]:
    """The `name = "http"` of each class of a fake."""
    found: list[str] = []
    for node in ast.walk(source.tree):
        for line in node.body if isinstance(node, ast.ClassDef) else []:
            target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
            value = getattr(line, "value", None)
            named = isinstance(target, ast.Name) and target.id == "name"
            if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.append(value.value)
    return found
