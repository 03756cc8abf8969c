"""Random programs of plain Python, as people write around their models; each of them ends."""

from __future__ import annotations

import re
from random import Random

_PREAMBLE = """\
import copy
import itertools
import math
from collections import deque, namedtuple
from dataclasses import dataclass, field
from enum import Enum
from functools import partial, reduce
from types import SimpleNamespace

"""
# In angle brackets: an expression of that kind, a digit, a key; a new or an old name. The name of a
# loop's counter is `<loop>`.
_TOKEN = re.compile(r"<(new |old )?(int|bool|list|tuple|dict|str|digit|key)>")
_LEAVES: dict[str, tuple[str, ...]] = {
    "digit": tuple("0123456789"),
    "key": ("'a'", "'b'", "'c'"),
    "int": ("<digit>",),
    "bool": ("True", "False", "(<int> < <int>)"),
    "list": ("[]", "[<int>]", "[<int>, <int>, <int>]", "[<int>, <int>, <int>, <int>]"),
    "tuple": ("(<int>,)", "(<int>, <int>, <int>)"),
    "dict": ("{}", "{<key>: <int>, <key>: <int>}", "dict(a=<int>, b=<int>)"),
    "str": ("'a'", "'b c'", "''", "'x_y'"),
}
_EXPRESSIONS: dict[str, tuple[str, ...]] = {
    **_LEAVES,
    "int": (
        "(<int> + <int>)", "(<int> - <int>)", "(<int> * <int>)", "(<int> // 3)", "(<int> % 4)",
        "((<int> % 9) ** 2)",
        "(<int> << 1)", "(<int> & 7)", "-<int>", "(<int> if <bool> else <int>)",
        "max(<int>, <int>)", "min(<int>, <int>, <int>)", "abs(<int>)", "round(<int> / 3)",
        "int(<int> / 2)", "int(<bool>)", "len(<list>)", "len(<tuple>)", "len(<dict>)", "len(<str>)",
        "sum(<list>)", "sum(x for x in <list>)", "sum(x * 2 for x in range(40) if x % 7 == 0)",
        "max(<list>, default=<digit>)", "min(<list> + [<digit>])", "(<list> or [<digit>])[0]",
        "(<list> or [<digit>])[-1]", "<dict>.get(<key>, <int>)", "[*<list>, <int>][-1]",
        "next((x for x in <list> if x > <digit>), <digit>)", "{**<dict>, 'q': <int>}['q']",
        "(lambda x, y=<digit>: x - y)(<int>)", "(<bool> and <int> or <int>)",
        "reduce(lambda a, b: a * 2 + b, <list>, <digit>)", "int(math.sqrt(<digit>))",
        "sorted(<list> + [<digit>], reverse=<bool>)[0]", "len(set(<list>))", "len({*<list>, 1})",
        "sorted([3, 1, 2], key=lambda v: -v)[0]", "sorted(<list> + [4], key=lambda v: v % 3)[-1]",
        "partial(max, <int>)(<int>)", "int('<digit>2')", "ord('a')", "math.ceil(<int> / 3)",
        "<list>.count(<digit>)", "divmod(<int>, 3)[1]", "max(len(w) for w in ('ab', 'abc'))",
    ),
    "bool": (
        "(<int> == <int>)", "(<int> >= <int>)", "(not <bool>)", "(<bool> and <bool>)",
        "(<bool> or <bool>)", "(<int> in <list>)", "(<key> not in <dict>)", "bool(<list>)",
        "any(x > <digit> for x in <list>)", "all(<list>)", "(<digit> < <int> < <digit>)",
        "isinstance(<int>, (int, str))", "isinstance(<str>, int)", "<str>.startswith('a')",
        "('a' in <str>)", "(<str> == <str>)", "(None is not None)",
    ),
    "list": (
        *_LEAVES["list"],
        "[x + <int> for x in <list>]", "[x for x in <list> if x > <digit>]", "list(range(<digit>))",
        "list(range(<digit>, 12, 2))", "list(range(9, <digit>, -2))", "<list>[1:]", "<list>[:-1]",
        "<list>[::-1]", "<list>[0:3:2]", "(<list> + <list>)", "(<list> * 2)", "sorted(<list>)",
        "sorted(<list>, reverse=True)", "list(reversed(<list>))", "<list>.copy()",
        "[a * b for a, b in zip(<list>, <list>)]", "[i + x for i, x in enumerate(<list>, 1)]",
        "list(map(lambda v: v + <int>, <list>))", "list(filter(lambda v: v % 2, <list>))",
        "list(<dict>.values())", "[a * 9 + b for a in <list> for b in <list>]",
        "[*<list>, *<list>]", "sorted(set(<list>))", "sorted({x % 3 for x in <list>})",
        "[a + b for a, b in itertools.product(<list>, (1, 2))]", "copy.deepcopy(<list>)",
        "list(itertools.chain(<list>, <list>))", "list(itertools.repeat(<int>, 2))",
        "[len(w) for w in <str>.split()]", "list(<tuple>)",
        "[x for row in [<list>, <list>] for x in row]", "[*range(30)][<digit>:]",
    ),
    "tuple": ("tuple(<list>)", "(<tuple> + <tuple>)", "<tuple>[1:]", "(<tuple> * 2)", "(*<list>,)"),
    "dict": (
        "{k: v + 1 for k, v in <dict>.items()}", "{**<dict>, <key>: <int>}", "<dict>.copy()",
        "dict(zip('ab', <list>))", "(<dict> | <dict>)", "dict(<dict>, c=<int>)",
        "dict([('a', <int>)])", "{k: v for k, v in <dict>.items() if v > <digit>}",
    ),
    "str": (
        "(<str> + <str>)", "str(<int>)", "<str>.upper()", "<str>.title()", "<str>.strip()",
        "f'u{<old int>}'", "f'{<old int>}_{<old int>:02d}'", "('%s' % <int>)",
        "('%d-%s' % (<int>, <str>))",
        "'{}{}'.format(<int>, <str>)", "'-'.join(str(v) for v in <list>)", "<str>[1:]", "('a' * 3)",
        "<str>.replace('a', <str>)", "'a,b,c'.split(',')[1]", "str(<bool>)", "('%d' % 3.7)",
    ),
}  # fmt: skip
_STATEMENTS: tuple[str, ...] = (
    # What is bounded here cannot grow from round to round of a loop.
    "<new int> = <int>", "<new int> = <int> % 97", "<new list> = <list>[:8]",
    "<new tuple> = <tuple>[:8]", "<new dict> = <dict>", "<new str> = <str>[:20]",
    "<new int> = (walrus := <int>) + 1\n<new int> = walrus",
    "last = <int>\n<new list> = [(last := x + 1) for x in <list>[:8]]\n<new int> = last",
    "<old int> = <int> % 89", "<old int> += <digit>", "<old int> *= 2", "<old int> //= 2",
    "<old list>.append(<int>)", "<old list>.extend(<list>[:2])", "<old list> += <list>[1:3]",
    "<old list>.insert(<digit>, <int>)", "<old list>.reverse()", "<old list>.sort()",
    "<old list>.sort(key=lambda v: -v)", "<old list>[:1] = <list>[:3]", "del <old list>[:1]",
    "<old list> = (<old list> * 2)[:9]", "<old list>.clear()",
    "<old dict>[<key>] = <int>", "<old dict>.update(<dict>)", "<old dict>.setdefault(<key>, <int>)",
    "<old dict>.pop(<key>, None)", "<old dict>.update(a=<int>)", "<old dict> |= <dict>",
    "<old dict>[<key>] = <old dict>.get(<key>, 0) + 1",
    "<new int>, <new int> = <int>, <int>", "<new int> = <new int> = <int>",
    "<new int>, *rest = <int>, *<list>\n<new int> = len(rest)",
    "(<new int>, <new int>), rest = (<int>, <int>), 0",
)  # fmt: skip
_COMPOUND: tuple[str, ...] = (
    "for each in range(<digit>):\n    <block>\n    <old int> += each",
    "for each in list(<list>):\n    <block>\n    if <bool>:\n        break\nelse:\n    <block>",
    "for place, each in enumerate(list(<list>)):\n    if <bool>:\n        continue\n    <block>",
    "for key, each in list(<dict>.items()):\n    <old int> -= each\n    <block>",
    "for one, other in list(zip(<list>, <list>)):\n    <block>\n    <old int> = one + other",
    "for _ in range(60):\n    <new int> = <int>\n    <old int> += 1",
    "<loop> = <digit>\nwhile <loop> < 9:\n    <loop> += 2\n    <block>\n<new int> = <loop>",
    "<loop> = 0\nwhile True:\n    <loop> += 1\n    <block>\n    if <loop> > <digit>:\n"
    "        break\n<new int> = <loop>",
    "<loop> = 99\nwhile <loop>:\n    <loop> -= 1\n<new int> = <loop>",
    "queue = deque(<list>)\nqueue.appendleft(<int>)\ntotal = 0\nwhile queue:\n"
    "    total = total * 2 + queue.popleft()\n<new int> = total",
    "queue = deque(<list>)\nqueue.extendleft((1, 2))\nqueue.rotate(1)\n<new int> = [*queue, 0][0]",
    "kept = set(<list>)\nkept.add(<int>)\nkept.update(<list>)\n<new int> = len(kept)",
    "if <bool>:\n    <block>\nelif <bool>:\n    <block>\nelse:\n    <block>",
    "try:\n    <block>\n    raise ValueError('no')\nexcept ValueError:\n    <block>\n"
    "finally:\n    <block>",
    "match <tuple>:\n    case (one, other):\n        <old int> = one\n    case [one, *rest]:\n"
    "        <old int> = one + len(rest)\n    case _:\n        <old int> = <int>",
    "match <int>:\n    case 0 | 1:\n        <old int> = <int>\n    case str():\n        <block>\n"
    "        <old int> = 1\n    case int() as found if found > 3:\n        <old int> = found\n"
    "    case _:\n        <old int> = <int>",
    "items = iter([*<list>, 1, 2, 3])\n<new int> = next(items) * 10 + next(items)\n"
    "<new int> = sum(items)",
)
_DEFINITIONS: tuple[str, ...] = (
    "def function(a, b=<digit>, *rest, **named):\n    local = a - <int>\n    for each in rest:\n"
    "        local += each\n    if <bool>:\n        return local * b\n    return len(named) + b\n"
    "<new int> = function(<int>)\n<new int> = function(*[<int>, <int>, <int>])\n"
    "<new int> = function(<int>, c=<int>, **{'b': <int>})",
    "def remember(a, seen=[]):\n    seen.append(a)\n    return len(seen)\n"
    "remember(<int>)\n<new int> = remember(<int>)",
    "def counter():\n    total = <digit>\n    def add(by):\n        nonlocal total\n"
    "        total += by\n        return total\n    return add\n"
    "add = counter()\nadd(<int>)\n<new int> = add(<int>)",
    "def grow():\n    global <old int>\n    <old int> += 1\ngrow()\ngrow()",
    "def several(a):\n    for each in range(<digit>):\n        yield each * a\n"
    "    yield from <list>\n<new list> = list(several(<int>))",
    "def repeat(n):\n    return 1 if n < 2 else n * repeat(n - 1)\n<new int> = repeat(2)",
    "class Size:\n    scale = <digit>\n    def __init__(self, a, b=<digit>):\n        self.x = a\n"
    "        self.items = [a, b]\n    def grow(self, by=1):\n        self.x += by\n"
    "        self.items.append(by)\n        return self.x\n    @property\n    def area(self):\n"
    "        return self.x * self.scale\n    @staticmethod\n    def twice(v):\n"
    "        return v * 2\n    @classmethod\n    def make(cls, v):\n        return cls(v, 1)\n"
    "    def __call__(self, v):\n        return v + len(self.items)\n"
    "size = Size(<int>)\nsize.grow()\nsize.grow(<int>)\nother = Size.make(<int>)\n"
    "other.x = <int>\nsetattr(other, 'scale', <int>)\n<new int> = size.area + other.area\n"
    "<new int> = size(<int>) + Size.twice(other.grow())\nSize.scale = <int>\n<new int> = size.area",
    "class Base:\n    def __init__(self, a=<digit>):\n        self.a = a\n"
    "        self.b = self.start()\n    def start(self):\n        return <digit>\n"
    "class Derived(Base):\n    def __init__(self, a, **named):\n"
    "        super().__init__(a + 1, **named)\n        self.a *= 2\n"
    "    def start(self):\n        return super().start() + 10\n"
    "made = Derived(<int>)\n<new int> = made.a\n<new int> = made.b",
    "@dataclass\nclass Settings:\n    a: int\n    b: int = <digit>\n"
    "    c: list = field(default_factory=list)\n    def __post_init__(self):\n"
    "        self.c.append(self.a)\nsettings = Settings(<int>)\nsettings.c.append(<int>)\n"
    "<new int> = settings.b + len(settings.c)\n<new int> = len(Settings(<int>, b=<int>).c)",
    "Pair = namedtuple('Pair', 'a b', defaults=[<int>])\npair = Pair(<int>)\n<new int> = pair.a\n"
    "<new int> = pair._replace(a=<int>).b",
    "class Colour(Enum):\n    RED = <digit>\n    BLUE = 11\n<new int> = Colour.BLUE.value\n"
    "<new int> = sum(each.value for each in Colour)",
    "class Point:\n    def __init__(self, a):\n        self.a, self.held = a, [a]\n"
    "point = Point(<int>)\nfar = copy.deepcopy(point)\nfar.a = <int>\nfar.held.append(1)\n"
    "<new int> = point.a + len(point.held)\n<new int> = len(far.held)",
    "space = SimpleNamespace(a=<int>, b=<int>)\nspace.a += <digit>\n"
    "twin = copy.copy(space)\ntwin.a = <int>\n<new int> = space.a\n<new int> = twin.a",
)
_NESTED = 2


class _Writer:
    """Writes one program.

    Parameters
    ----------
    chance : random.Random
        Decides everything.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._names: dict[str, list[str]] = {
            "int": ["int_0"],
            "list": ["list_0"],
            "dict": ["dict_0"],
        }
        self._count = 0

    def statement(self, nested: int = 0) -> str:
        """Return the lines of a statement."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.6 or nested >= _NESTED:
            return self._filled(chance.choice(_STATEMENTS))
        if kind < 0.87 or nested:
            return self._blocks(self._filled(chance.choice(_COMPOUND)), nested)
        return self._filled(chance.choice(_DEFINITIONS))

    def _blocks(self, text: str, nested: int) -> str:
        lines = []
        for line in text.split("\n"):
            indent = line[: len(line) - len(line.lstrip())]
            if line.strip() != "<block>":
                lines.append(line)
                continue
            # What is bound only here may not be bound behind.
            known = {kind: list(names) for kind, names in self._names.items()}
            for _ in range(self._chance.randrange(1, 3)):
                inner = self.statement(nested + 1)
                lines.extend(indent + each for each in inner.split("\n"))
            self._names = known
        return "\n".join(lines)

    def _filled(self, text: str, depth: int = 2) -> str:
        """Return a template with all that stands in angle brackets put in."""
        made: list[tuple[str, str]] = []
        self._count += 1
        text = text.replace("<loop>", f"loop_{self._count}")

        def fill(match: re.Match[str]) -> str:
            way, kind = match.groups()
            if way == "new ":
                self._count += 1
                made.append((kind, f"{kind}_{self._count}"))
                return made[-1][1]
            names = self._names.get(kind, [])
            if way == "old ":
                return self._chance.choice(names)
            if names and self._chance.random() < 0.4:
                return self._chance.choice(names)
            templates = (_EXPRESSIONS if depth else _LEAVES)[kind]
            return self._filled(self._chance.choice(templates), max(depth - 1, 0))

        text = _TOKEN.sub(fill, text)
        for kind, name in made:
            self._names.setdefault(kind, []).append(name)
        return text


def program(seed: int, statements: int) -> str:
    """Return a program, decided by the numbers alone; it may raise an exception."""
    writer = _Writer(Random(f"python {seed}"))
    lines = ["int_0 = 3", "list_0 = [2, 1]", "dict_0 = {'a': 4}"]
    lines += [writer.statement() for _ in range(statements)]
    return _PREAMBLE + "\n".join(lines) + "\n"
