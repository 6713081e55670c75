"""Where mutation.py changes something, and into what: operators, signs and small constants of
code that runs, in the files below.

Not changed: what the compiler computes (templates, constants, lists of initial values of members),
what stands for a file's text (comments, strings, lines of the preprocessor), and loops' ++.
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

MUTATED = [
    "include/tapegrad/ops/rules/*.hpp", "include/tapegrad/ops/dual.hpp",
    "include/tapegrad/ops/scalar.hpp", "src/ops/*", "include/tapegrad/core/*.hpp", "src/core/*",
    *(f"src/program/{name}" for name in (
        "builder.*", "common_subexpressions.cpp", "dead_code.cpp", "differentiate.cpp",
        "expand.cpp", "folds.*", "optimise.cpp", "rewrite.hpp", "schedule.cpp", "simplify.cpp",
        "symbol.hpp")),
]
# What the system is asked for, and what debuggers read: no test of a number sees them.
NOT_MUTATED = {"src/core/memory.cpp", "src/core/debug_layout.cpp"}

# Mutants that change nothing that can be seen: file, text of the line, what it becomes, why.
EQUIVALENT = [
    ("rules/piecewise.hpp", ".arity =", "", "read by the compiler alone"),
    ("rules/piecewise.hpp", ".domain", "", "read by the compiler alone"),
    ("rules/activation.hpp", "select(x > 0, x, T(0)) +", "x >= 0", "0 from either side"),
    ("core/sweep_fast.cpp", "const all_codes", "", "an array's size, read by the compiler alone"),
    ("core/mark.cpp", "outer + 2", "> outer", "a range of epochs more, the same epochs"),
    ("core/mark.cpp", "previous.last) + 1 !=", "!= static_cast", "more ranges, the same epochs"),
    ("core/registry.cpp", "mixed = ", "/ 0x9E", "any first block will do"),
    ("core/registry.cpp", "% TapeRegistry::last_epoch_block", "", "any first block will do"),
    ("core/names.cpp", "std::prev(at)->reach", "<= std::prev", "looks at one range more, in vain"),
    ("core/several_directions.cpp", "while (w + 1", "", "how many go together changes no number"),
    ("core/several_directions.cpp", "d < lanes; ++d) to[d] = 0", "", "a 0 behind, before a row"),
    ("core/several_directions.cpp", "node(k) < last) {", "", "a sweep over no nodes"),
    ("core/several_directions.cpp", "== 0 ? last + 1", "last", "tangents of 0 give 0, too"),
    ("core/several_directions.cpp", "next = std::min(first", "2", "a row of zeros more"),
    ("core/several_directions.cpp", "node >= next", "> next", "adds to what a sweep has set to 0"),
    ("core/several_directions.cpp", "directions > 1", ">=", "sorted, which one needs not"),
    ("core/several_directions.cpp", "memory.size() < wanted", "<=", "new memory before it has to"),
    ("core/several_directions.cpp", "bytes < recording", "<=", "0 bytes in any case"),
    ("core/several_directions.cpp", "sweep(last, 1)", "", "the first node is a leaf"),
    ("core/lanes.hpp", "(memory.data()) /", "", "where rows begin changes no number"),
    ("core/sweep_lanes.cpp", "make_room(1,", "", "grows before it has to"),
    ("core/sweep_tangents.cpp", "d < lanes; ++d) own[d] = 0", "", "a 0 behind, before a row"),
    ("core/sweep_second_order.cpp", "make_room(1,", "", "grows before it has to"),
    ("core/sweep_second_order.cpp", "links.count = 1", "", "the second is no node"),
    ("core/sweep_second_order.cpp", "partial - partial == 0", "+", "gives the same, later"),
    ("core/adjoint_rows.hpp", "end - free_ < count", "<=", "grows before it has to"),
    ("core/adjoint_rows.cpp", "make_room(1,", "", "grows before it has to"),
    ("core/adjoint_rows.cpp", "moves = numbers >", ">=", "moves before it has to"),
    ("core/adjoint_rows.cpp", "> most_bytes) release(", "", "fewer directions go at a time"),
    ("core/adjoint_rows.cpp", ".assign(nodes + 1", "2", "one more than there are"),
    ("core/recording.cpp", "> block_.", ">= block_.", "moves to a larger block before it has to"),
    ("core/recording.cpp", "columns_placed++", "page + 1", "a page more between columns"),
    ("core/recording.cpp", "columns_placed++", "++ / third", "where in a page columns begin"),
    ("core/recording.cpp", "if (rows > room_)", ">=", "grows before it has to"),
    ("core/recording.cpp", "if (side > side_capacity_)", ">=", "grows before it has to"),
    ("core/recording.cpp", "if (rows <= room_ && side <=", "side < ", "grows before it has to"),
    ("core/recording.cpp", "rows - 1));", "2", "how many were asked for, which no test foresees"),
    ("core/recording.cpp", "!Spare::keep(", "||", "a new block does what a spare one would"),
    ("core/recording.cpp", "side <= first_side", "side < ", "a bound that was chosen"),
    ("core/spare.cpp", "bytes > most_bytes", "bytes >= ", "a bound that was chosen"),
    ("core/spare.cpp", "== wanted.rows", ".rows !=", "a new block does what a spare one would"),
    ("core/spare.cpp", "== wanted.rows", "||", "rows and cells are reserved together"),
    ("core/sweeping.cpp", "before_.assign(", "2", "keeps an adjoint more, and brings it back"),
    ("core/watch.cpp", "callers.size() > end", ">= end", "cut to the size it has"),
    ("core/sweep_second_order.cpp", "any += std::abs(", "d <= lanes", "a 0 hands on 0"),
    ("core/sweep_fast.cpp", "know(other)", "== before ", "has that adjoint from memory"),
    ("core/recording.cpp", " = std::max(", "* 2", "ends at the least that is needed, too"),
    ("program/common_subexpressions.cpp", "i < slots_nearby", "<=", "looks at one place more"),
    ("program/common_subexpressions.cpp", "hash += golden", "", "looks in another order"),
    ("program/common_subexpressions.cpp", "number.index() * 2", "* 2 -", "looks in another order"),
    ("program/schedule.cpp", "first_.end() - 1", "", "a place more than is used"),
    ("program/folds.cpp", "<= most_apart", "< most_apart", "a bound that was chosen"),
    ("program/builder.cpp", "input_count() + size() >= Ref::most", "", "billions of operands"),
    ("ops/gamma_functions.inc", "x < asymptotic_from<T>", "<=", "both formulas hold there"),
    ("ops/gamma_functions.inc", "j <= bernoulli.size()", "<", "the last term is below rounding"),
]

NO_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|'(?:\\[^']*|[^'\\\n])'
                         |^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*""", re.S | re.M | re.X)
TOKEN = re.compile(r"""[A-Za-z_]\w*|\.?\d(?:[eE][+-]|'(?=\w)|[\w.])*|<=>|<<=|->|::|\+\+|--|&&|\|\|
                       |<<|[-+*/%<=!&|^]=|>=|\S""", re.X)
OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<="}
# Here an expression begins or ends, if it is not within brackets.
ENDS = {",", ";", "?", ":", "return", "throw", "else", "do", "case", "co_return", *ASSIGNMENTS}
BEFORE_CONDITION = {"if", "for", "while", "switch", "catch", "constexpr"}
CODE_FOLLOWS = {")", ":", ";", "{", "else", "do", "try", "const", "noexcept", "override", "mutable"}
COMPILE_TIME = {"constexpr", "consteval", "constinit", "static_assert", "template", "using",
                "concept", "requires", "noexcept", "decltype", "sizeof", "case", "asm", "alignas"}

SWAPPED = {"+": "-", "-": "+", "*": "/", "/": "*", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
           "==": "!=", "!=": "==", "&&": "||", "||": "&&"}
SWAPPED_ASSIGNMENTS = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}
CONSTANTS = {"1": "2", "1.0": "2.0", "0.5": "1.0"}


class Source:
    """The tokens of a file, with the brackets around each. Relies on clang-format: an operator of
    two operands has spaces on both sides, the brackets of a template have not."""

    def __init__(self, path):
        self.path = path
        self.text = (ROOT / path).read_text()
        blank = NO_CODE.sub(lambda match: re.sub(r"\S", " ", match[0]), self.text)
        # What a string was is an operand still.
        blank = "".join("_" if text == '"' and gap == " " else gap
                        for text, gap in zip(self.text, blank))
        matches = list(TOKEN.finditer(blank))
        self.tokens = [match[0] for match in matches]
        self.begin = [match.start() for match in matches]
        self.end = [match.end() for match in matches]
        self.match_brackets()

    def match_brackets(self):
        self.parent, self.partner = [], {}
        stack = []
        for i, token in enumerate(self.tokens):
            closes = bool(stack) and token == OPENING[self.tokens[stack[-1]]]
            if closes and not (token == ">" and self.space_before(i)):
                self.partner[i] = stack.pop()
                self.partner[self.partner[i]] = i
            self.parent.append(stack[-1] if stack else None)
            if token in OPENING and (token != "<" or self.is_template(i)):
                stack.append(i)

    def space_before(self, i):
        return self.text[self.begin[i] - 1].isspace()

    def is_binary(self, i):
        return self.space_before(i) and self.text[self.end[i]].isspace()

    def is_template(self, i):
        before = self.tokens[i - 1]
        return before == "template" or (not self.space_before(i) and before != "operator")

    def opens_code(self, brace):
        """Is it a function's, or a block in one? None for that of a class or a namespace."""
        before = self.tokens[brace - 1]
        if before in CODE_FOLLOWS:
            return True
        head = self.statement(brace - 1)
        if {"struct", "class", "namespace", "enum", "union"} & set(head):
            return None
        return self.space_before(brace) and before not in {"=", "return", "(", ",", "<", "}"}

    def statement(self, i):
        """The tokens before i in its statement, from the last one back."""
        head = []
        while i >= 0 and self.tokens[i] not in {";", "{", "}"}:
            head.append(self.tokens[i])
            i = self.partner[i] - 1 if self.partner.get(i, i) < i else i - 1
        return head

    def is_run(self, i):
        """Is the token in a function, and not only for the compiler?"""
        while (opening := self.parent[i]) is not None:
            if COMPILE_TIME & set(self.statement(i)) or self.tokens[opening] == "<":
                return False
            if self.tokens[opening] == "{":
                is_code = self.opens_code(opening)
                if is_code is None or is_code:
                    return bool(is_code) and not self.is_in_table(opening)
            i = opening
        return False

    def is_in_table(self, brace):
        """Is it in a function that the compiler calls, `constexpr auto table = [] { ... }();`?"""
        while brace is not None:
            if {"constexpr", "="} <= set(self.statement(brace - 1)):
                return True
            brace = self.parent[brace]
        return False

    def expression_begin(self, i):
        """First token of the expression that the operator i is in."""
        while (before := i - 1) >= 0:
            token = self.tokens[before]
            if token in ENDS or token in {"{", "}", ";"} and before not in self.partner:
                break
            if before in self.partner:
                opening = self.partner[before]
                is_block = token == "}" and (self.opens_code(opening) is not False
                                             or not self.is_binary(i))
                is_attribute = self.tokens[opening:opening + 2] == ["[", "["]
                if opening > before or is_block or is_attribute:
                    break
                if token == ")" and self.tokens[opening - 1] in BEFORE_CONDITION:
                    break
                before = opening
            i = before
        return i

    def expression_end(self, i, ends):
        while (after := i + 1) < len(self.tokens):
            if self.tokens[after] in ends or self.partner.get(after, after) < after:
                break
            i = self.partner.get(after, after)
        return i

    def operand_end(self, i):
        """Last token of what a sign before i belongs to."""
        while True:
            i = self.partner.get(i, i)
            after = i + 1
            if self.tokens[after] in {"::", ".", "->"}:
                i = after + 1
            elif self.partner.get(after, 0) > after and not self.space_before(after):
                i = after
            elif self.tokens[i] in {"::", ".", "->"}:
                i = after
            else:
                return i


def is_text(source, first, last):
    """Texts can be added, but nothing else."""
    return '"' in source.text[source.begin[first]:source.end[last]]


class Mutant:
    """One change of source.text[begin:end], an expression."""

    def __init__(self, source, first, last, changed, at):
        self.path, self.source = source.path, source
        self.begin, self.end = source.begin[first], source.end[last]
        self.before = source.text[self.begin:self.end]
        self.after = " ".join(changed.split("\n"))
        self.line = source.text.count("\n", 0, source.begin[at]) + 1
        self.lines = range(source.text.count("\n", 0, self.begin) + 1,
                           source.text.count("\n", 0, self.end) + 2)
        line = source.text.splitlines()[self.line - 1]
        self.id = f"{self.path}: {line.strip()}: {' '.join(self.after.split())}"
        self.is_equivalent = any(self.path.endswith(path) and text in line and new in self.after
                                 for path, text, new, _ in EQUIVALENT)

    def overlaps(self, other):
        return (self.path == other.path and self.begin < other.end and other.begin < self.end)

    def code(self, number):
        return f"(tapegrad_mutant({number}) ? ({self.after}) : ({self.before}))"

    def __str__(self):
        before, after = (re.sub(r"\s+", " ", text) for text in (self.before, self.after))
        return f"{self.path}:{self.line}: {before} -> {after}"


# ---- Changes ----


def changed(source, first, last, i, replacement, upto=None):
    """The text of the tokens first to last, with other text for those from i to `upto`."""
    stop = source.end[i if upto is None else upto]
    text = source.text[source.begin[first]:source.begin[i]] + replacement
    return re.sub(r"//[^\n]*", "", text + source.text[stop:source.end[last]])


def mutants_at(source, i):
    token, after = source.tokens[i], source.tokens[i + 1]
    if token in CONSTANTS and after != ">":
        yield Mutant(source, i, i, CONSTANTS[token], i)
    elif token in SWAPPED_ASSIGNMENTS:
        first, last = source.expression_begin(i), source.expression_end(i, {";", ","})
        if token != "+=" or not is_text(source, first, last):
            yield Mutant(source, first, last,
                         changed(source, first, last, i, SWAPPED_ASSIGNMENTS[token]), i)
    elif token in SWAPPED and source.is_binary(i):
        first, last = source.expression_begin(i), source.expression_end(i, ENDS)
        if token != "+" or not is_text(source, first, last):
            yield Mutant(source, first, last, changed(source, first, last, i, SWAPPED[token]), i)
        if token in "+-" and after == "1" and source.tokens[i + 2] not in {"*", "/", "."}:
            yield Mutant(source, first, last, changed(source, first, last, i, "", i + 1), i)
    elif token in "-!" and not source.text[source.end[i]].isspace():
        last = source.operand_end(i + 1)
        yield Mutant(source, i, last, source.text[source.end[i]:source.end[last]], i)


def all_mutants():
    paths = sorted(path for pattern in MUTATED for path in ROOT.glob(pattern))
    for name, *_ in EQUIVALENT:  # its file may have got another name
        if not any(path.as_posix().endswith("/" + name) for path in paths):
            raise SystemExit(f"mutants.py: no file {name}, of which EQUIVALENT has a line")
    for path in dict.fromkeys(path.relative_to(ROOT).as_posix() for path in paths):
        if path in NOT_MUTATED:
            continue
        source = Source(path)
        for i in range(len(source.tokens) - 2):
            if source.is_run(i):
                yield from mutants_at(source, i)
