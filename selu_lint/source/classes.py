"""Classes of the file: making them and their objects, and what attributes give."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from selu_lint.source.definitions import (
    Bound,
    Class,
    Factory,
    Function,
    Instance,
    Method,
    Scope,
    Super,
    find_in,
)
from selu_lint.source.functions import call_function
from selu_lint.source.keras_arguments import label_of
from selu_lint.source.keras_calls import construct
from selu_lint.source.keras_models import apply_model, apply_stack
from selu_lint.source.keras_names import KerasName, keras_name
from selu_lint.source.keras_objects import keras_attribute
from selu_lint.source.keras_tensors import apply_layer, opaque, unknown_input
from selu_lint.source.keras_values import Layer, Model, Stack
from selu_lint.source.machine import Machine
from selu_lint.source.values import MISSING, Argument, Arguments, Reference, Value, key_of

_DATACLASSES = frozenset({"dataclass", "dataclasses.dataclass", "attr.s", "attrs.define", "define"})
_QUIET = frozenset(
    {
        "add_loss", "add_metric", "summary", "compile", "fit", "evaluate", "predict", "save",
        "save_weights", "load_weights", "get_config", "from_config", "add_weight", "set_weights",
        "get_weights", "build", "count_params", "train_step", "append", "log", "to_json",
    }
)  # fmt: skip
_MODEL_CLASSES = ("Sequential", "Model", "Functional")


def make_class(machine: Machine, node: ast.ClassDef, scope: Scope) -> Class:
    """Return a class, whose body is run."""
    bases = tuple(machine.known(machine.evaluate(base, scope)) for base in node.bases)
    name = f"{scope.name}.{node.name}" if scope.name else node.name
    body = Scope(parent=scope, module=scope.module or scope, name=name, is_class=True)
    made = Class(node.name, bases, body, node)
    body.owner = made
    machine.execute(node.body, body)
    names = {base.name for base in bases if isinstance(base, Reference)}
    decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
    if decorators & _DATACLASSES or "typing.NamedTuple" in names:
        made.fields = _fields(made)
    if names & {"enum.Enum", "enum.IntEnum", "enum.StrEnum"}:
        made.is_enum = True
        _make_members(machine, made)
    return made


def _fields(made: Class) -> tuple[str, ...]:
    inherited = [
        name for base in made.bases if isinstance(base, Class) for name in base.fields or ()
    ]
    own = [
        each.target.id
        for each in made.node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]
    return tuple(dict.fromkeys((*inherited, *own)))


def _make_members(machine: Machine, made: Class) -> None:
    for name, value in list(made.scope.variables.items()):
        if not isinstance(value, Function | Class) and not name.startswith("_"):
            made.scope.variables[name] = Instance(
                made, machine.number(), {"name": name, "value": value}
            )


def instantiate(machine: Machine, cls: Class, arguments: Arguments, node: ast.expr) -> Value:
    """Return an object of a class."""
    if cls.is_enum:
        return _member(machine, cls, arguments, node)
    instance = Instance(cls, machine.number(), node=node)
    machine.path.instances.append(instance)
    machine.made.add(id(cls.node))
    initialize(machine, instance, tuple(cls.lineage()), arguments, node)
    return instance


def _member(machine: Machine, cls: Class, arguments: Arguments, node: ast.expr) -> Value:
    wanted = key_of(machine.known(arguments.get(0, "value")))
    for member in cls.scope.variables.values():
        if isinstance(member, Instance) and key_of(member.attributes.get("value")) == wanted:
            return member
    return machine.unknown(node)


def initialize(
    machine: Machine,
    instance: Instance,
    classes: tuple[Value, ...],
    arguments: Arguments,
    node: ast.expr,
) -> None:
    """Run the first ``__init__`` among classes, or make the object of Keras that it is."""
    found = find_in(classes, "__init__")
    if isinstance(found, Function):
        call_function(machine, found, arguments.after(Argument(instance)), node)
        return
    fields = next(
        (each.fields for each in classes if isinstance(each, Class) and each.fields), None
    )
    if fields is not None:
        _fill(machine, instance, fields, arguments, node)
        behind = find_in(classes, "__post_init__")
        if isinstance(behind, Function):
            call_function(machine, behind, Arguments.of(instance), node)
    base = keras_base(classes)
    if base is None or instance.base is not None:
        return
    if base.name == "Layer" or (base.name in _MODEL_CLASSES[1:] and not arguments.positional):
        instance.label = label_of(machine, arguments.named) or instance.label
        if not {"inputs", "outputs"} <= set(arguments.named):
            return
    site = instance.node or node
    instance.base = construct(machine, base, arguments, site, Scope(name=instance.cls.name))


def _fill(
    machine: Machine,
    instance: Instance,
    fields: tuple[str, ...],
    arguments: Arguments,
    node: ast.expr,
) -> None:
    for position, name in enumerate(fields):
        default = instance.cls.find(name)
        if default is MISSING:
            default = machine.derived("field", instance.number, name)
        value = arguments.get(position, name, default)
        if isinstance(value, Factory):
            value = machine.call(value.callee, Arguments(), node, instance.cls.scope)
        instance.attributes[name] = value
        given = arguments.named.get(name)
        if given is not None and given.origin is not None:
            instance.origins[name] = given.origin


def keras_base(classes: Iterable[Value]) -> KerasName | None:
    """Return the first layer or model of Keras among classes."""
    for each in classes:
        if isinstance(each, Reference):
            name = keras_name(each.name)
            if name is not None and name.kind in ("layer", "model"):
                return name
    return None


def attribute(machine: Machine, instance: Instance, name: str, node: ast.expr) -> Value:
    """Return an attribute of an object."""
    if name in instance.attributes:
        return instance.attributes[name]
    found = instance.cls.find(name)
    if found is not MISSING:
        return bound(machine, found, instance, node)
    if name == "__class__":
        return instance.cls
    if isinstance(instance.base, Layer | Stack | Model) and name not in _QUIET - {"build"}:
        if name == "name" and instance.label:
            return instance.label
        return keras_attribute(machine, instance.base, name, node)
    if name in _QUIET:
        return Method(instance, name)
    return machine.derived("attribute", instance.number, name, text=f"self.{name}")


def bound(machine: Machine, found: Value, instance: Instance, node: ast.expr) -> Value:
    """Return an attribute of a class as its objects see it."""
    if not isinstance(found, Function) or found.kind == "staticmethod":
        return found
    if found.kind == "property":
        return call_function(machine, found, Arguments.of(instance), node)
    return Bound(found, instance.cls if found.kind == "classmethod" else instance)


def class_attribute(machine: Machine, cls: Class, name: str) -> Value:
    """Return an attribute of a class."""
    found = cls.find(name)
    if found is MISSING:
        base = next((each for each in cls.lineage() if isinstance(each, Reference)), None)
        if name == "__name__":
            return cls.name
        if base is not None and name in ("__init__", "call"):
            return Method(cls, name)
        return machine.derived(
            "class attribute", machine.identity(cls.node), name, text=f"{cls.name}.{name}"
        )
    if isinstance(found, Function) and found.kind == "classmethod":
        return Bound(found, cls)
    return found


def super_of(machine: Machine, scope: Scope, node: ast.expr) -> Value:
    """Return ``super()`` in a method."""
    while scope.receiver is None and scope.parent is not None:
        scope = scope.parent
    receiver = scope.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, Class) or scope.owner is None:
        return machine.unknown(node)
    order = list(cls.lineage())
    place = order.index(scope.owner) + 1 if scope.owner in order else len(order)
    return Super(tuple(order[place:]), receiver)


def super_attribute(machine: Machine, value: Super, name: str, node: ast.expr) -> Value:
    """Return an attribute of ``super()``."""
    found = find_in(value.classes, name)
    if isinstance(value.receiver, Instance):
        if found is not MISSING:
            return bound(machine, found, value.receiver, node)
        base = value.receiver.base
        if name not in ("__init__", "call", "__call__", "build") and isinstance(
            base, Layer | Stack | Model
        ):
            return keras_attribute(machine, base, name, node)
    elif isinstance(found, Function):
        return Bound(found, value.receiver)
    return Method(value, name)


def super_method(
    machine: Machine, value: Super, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    """Return what a method gives that a class inherits from outside the file."""
    instance = value.receiver
    if not isinstance(instance, Instance):
        return machine.unknown(node)
    if name == "__init__":
        initialize(machine, instance, value.classes, arguments, node)
        return None
    if name in ("call", "__call__"):
        return apply_base(machine, instance, arguments, node)
    return None if name == "build" else machine.unknown(node)


def apply_base(machine: Machine, instance: Instance, arguments: Arguments, node: ast.expr) -> Value:
    """Return the output of the layer or model of Keras that an object is."""
    base = instance.base
    if isinstance(base, Stack):
        return apply_stack(machine, base, arguments, node)
    if isinstance(base, Model):
        return apply_model(machine, base, arguments, node)
    if isinstance(base, Layer) and not (
        base.class_name.endswith("Dropout") and instance.cls.find("call") is not MISSING
    ):
        return apply_layer(machine, base, arguments, node)
    return opaque(machine, instance.cls.name, arguments.values, node)


def call_instance(
    machine: Machine, instance: Instance, arguments: Arguments, node: ast.expr
) -> Value:
    """Return what a call of an object gives; a layer or model builds itself first."""
    instance.called = True
    method = instance.cls.find("__call__")
    if method is MISSING:
        method = instance.cls.find("call")
        if id(instance) in machine.nesting:
            return opaque(machine, instance.cls.name, arguments.values, node)
        build(machine, instance, node)
    if not isinstance(method, Function):
        return apply_base(machine, instance, arguments, node)
    machine.nesting.append(id(instance))
    try:
        return call_function(machine, method, arguments.after(Argument(instance)), node)
    finally:
        machine.nesting.pop()


def build(machine: Machine, instance: Instance, node: ast.expr) -> None:
    """Run the ``build`` of an object's class, once."""
    found = instance.cls.find("build")
    if instance.built or not isinstance(found, Function):
        return
    if keras_base(instance.cls.lineage()) is None:
        return
    instance.built = True
    shape = machine.derived("input shape", instance.number)
    call_function(machine, found, Arguments.of(instance, shape), node)


def run_alone(machine: Machine, instance: Instance, node: ast.expr) -> None:
    """Run a layer or model that was not called, on an input that is not known."""
    given = unknown_input(machine, machine.derived("inputs", instance.number, text="inputs"))
    arguments = Arguments((Argument(given),), open=True)
    machine.call(instance, arguments, node, Scope())
