"""``dataclass`` and ``NamedTuple`` of the standard library, cheaper to define.

To define its values takes a check as long as to read a model: a frozen dataclass compiles six
functions, a NamedTuple each of its annotations. Here a dataclass compiles ``__init__`` alone, and
annotations stay text. What they make behaves alike, and type checkers see the originals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from typing import NamedTuple as NamedTuple
else:
    import dataclasses
    from collections import namedtuple

    def dataclass(*, frozen=False, eq=True):
        """Return a decorator as `dataclasses.dataclass`; what is equal by value must be frozen."""
        assert frozen or not eq

        def made(cls):
            cls.__repr__ = _representation
            if frozen:
                cls.__setattr__, cls.__delattr__ = _set_once, _refuse
            if eq:
                cls.__eq__, cls.__hash__ = _equal, _hash
            return dataclasses.dataclass(repr=False, eq=False)(cls)

        return made

    def _representation(self):
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _set_once(self, name, value):
        # __init__ sets each field once.
        own = self.__dict__
        if name in own or name not in self.__dataclass_fields__:
            _refuse(self, name)
        own[name] = value

    def _refuse(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")

    def _compared(self):
        return tuple(getattr(self, f.name) for f in dataclasses.fields(self) if f.compare)

    def _equal(self, other):
        return _compared(self) == _compared(other) if type(self) is type(other) else NotImplemented

    def _hash(self):
        return hash(_compared(self))

    class _Named(type):
        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = namespace.get("__annotations__", {})
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])
            for key, value in namespace.items():
                setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Named):
        """As `typing.NamedTuple`."""
