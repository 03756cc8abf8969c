"""What of a file is run: its module, and what no call in it reaches, with unknown arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from selu_lint.source.classes import instantiate, keras_base, run_alone
from selu_lint.source.definitions import NOWHERE, Class, Function, Instance, Scope
from selu_lint.source.facts import Defined
from selu_lint.source.functions import call_unknown
from selu_lint.source.keras_models import own_output
from selu_lint.source.keras_values import Stack
from selu_lint.source.machine import Machine, Path
from selu_lint.source.paths import explore
from selu_lint.source.statements import run_module
from selu_lint.source.values import MISSING, Arguments, Value

_MOST_ALONE = 256


def run_file(machine: Machine, tree: ast.Module) -> Iterator[str]:
    """Run all roots of a file; yield the name of each when a path of it is done.

    Meanwhile the machine holds that path; the name of the module is empty.
    """
    first: tuple[Path, Scope] | None = None
    scope = Scope()

    def run() -> None:
        nonlocal scope
        scope = Scope()
        scope.variables["__name__"] = "__main__"
        run_module(machine, tree, scope)
        finish(machine)

    for path in explore(machine, run, Path()):
        if first is None:
            first = (path, scope)
        yield ""
        machine.keep()
    if first is None:
        return
    _run_later_cells(machine, first[1])
    if machine.bound_later:
        for path in explore(machine, run, Path()):
            first = (path, scope)
            yield ""
            machine.keep()
            break
    # Keys name nodes by their identity, which another one would get once they are gone.
    held = []
    for name, root in _roots(machine, first[1]):
        held.append(root)
        for _ in explore(machine, root, first[0]):
            yield name


def _run_later_cells(machine: Machine, scope: Scope) -> None:
    """Note which names were read before the file binds them."""
    if machine.cells:
        names = machine.unbound & scope.variables.keys()
        machine.bound_later = {name: scope.variables[name] for name in names}


def _roots(machine: Machine, scope: Scope) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield what is to be run by itself; later ones only where the earlier have not reached."""
    facts = machine.facts
    outer = [each for each in facts.defined if not each.inner]
    for each in outer:
        cls = scope.variables.get(each.node.name)
        if not isinstance(cls, Class) or cls.node is not each.node or id(cls.node) in machine.made:
            continue
        if keras_base(cls.lineage()) is not None and facts.builds(each.node):
            yield cls.name, _instance_root(machine, cls)
    for named in (False, True):
        for each in outer:
            if isinstance(each.node, ast.ClassDef) or id(each.node) in machine.visited:
                continue
            if facts.builds(each.node) and (each.node.name in facts.named) == named:
                root = _function_root(machine, scope, each)
                if root is not None:
                    yield _name_of(each), root
    for each in outer:
        sites = facts.sites.get(id(each.node), [])
        if isinstance(each.node, ast.ClassDef) or all(
            id(site) in machine.reached for site in sites
        ):
            continue
        root = _function_root(machine, scope, each, assumes_defaults=False)
        if root is not None:
            yield _name_of(each), root


def _name_of(defined: Defined) -> str:
    owner = f"{defined.owner.name}." if defined.owner is not None else ""
    return f"{owner}{defined.node.name}"


def _instance_root(machine: Machine, cls: Class) -> Callable[[], None]:
    at = ast.copy_location(ast.Name(cls.name), cls.node)

    def run() -> None:
        _new(machine, cls, at)
        finish(machine)

    return run


def _new(machine: Machine, cls: Class, node: ast.expr) -> Value:
    made = instantiate(machine, cls, Arguments(open=True), node)
    if isinstance(made, Instance):
        made.node = None
    return made


def _function_root(
    machine: Machine, scope: Scope, defined: Defined, assumes_defaults: bool = True
) -> Callable[[], None] | None:
    node = defined.node
    assert not isinstance(node, ast.ClassDef)
    at = ast.copy_location(ast.Name(node.name), node)
    if defined.owner is None:
        function = scope.variables.get(node.name)
        while isinstance(function, Function) and function.decorates is not None:
            function = function.decorates
        if not isinstance(function, Function) or function.node is not node:
            return None

        def run() -> None:
            machine.path.assumes_defaults = assumes_defaults
            call_unknown(machine, function, MISSING, at)
            finish(machine)

        return run
    cls = scope.variables.get(defined.owner.name)
    method = cls.scope.variables.get(node.name) if isinstance(cls, Class) else None
    if not isinstance(cls, Class) or not isinstance(method, Function) or method.node is not node:
        return None

    made_at = ast.copy_location(ast.Name(cls.name), cls.node)

    def run_method() -> None:
        machine.path.assumes_defaults = assumes_defaults
        receiver = MISSING if method.kind == "staticmethod" else _new(machine, cls, made_at)
        if id(node) not in machine.visited or not assumes_defaults:
            call_unknown(machine, method, receiver, at)
        finish(machine)

    return run_method


def finish(machine: Machine) -> None:
    """Run the models and layers of a path that it made and did not call."""
    path = machine.path
    for instance in path.instances[:_MOST_ALONE]:
        has_call = instance.cls.find("call") is not MISSING
        if not instance.called and has_call and keras_base(instance.cls.lineage()) is not None:
            run_alone(machine, instance, instance.node or NOWHERE)
    parts = {
        id(each) for stack in path.stacks for each in stack.layers.items if isinstance(each, Stack)
    }
    for stack in sorted(path.stacks, key=lambda each: id(each) in parts):
        if stack.used != len(stack.layers.items):
            own_output(machine, stack)
