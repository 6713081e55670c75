"""Names of nodes, as class Names (core/names.hpp) keeps them: single ones, and schemes for ranges.

of(node) halves its way to the name with small reads; all() and the tape file read in bulk.
"""
import struct
from bisect import bisect_right
from collections import namedtuple

Axis = namedtuple("Axis", "count step start")
Grid = namedtuple("Grid", "text first i j")
Range = namedtuple("Range", "first end scheme")


class Scheme:
    """How a sequence of consecutive nodes is called."""

    def __init__(self, library, address):
        self.size = library.u64(address + library.scheme_size)
        begin, count = library.vector(address + library.scheme_grids, library.grid_size)
        self.grids = []
        for k in range(count):
            grid = begin + k * library.grid_size
            self.grids.append(
                Grid(
                    library.string(grid + library.grid_text),
                    library.u64(grid + library.grid_first),
                    Axis(*library.unpack("3Q", grid + library.grid_i)),
                    Axis(*library.unpack("3Q", grid + library.grid_j)),
                )
            )

    def name(self, k):
        for grid in self.grids:
            if k < grid.first:
                continue
            i, rest = 0, k - grid.first
            if grid.i.count > 1:
                i, rest = divmod(rest, grid.i.step)
            j, rest = divmod(rest, grid.j.step) if grid.j.count > 1 else (0, rest)
            if i < grid.i.count and j < grid.j.count and rest == 0:
                numbers = {b"%i": grid.i.start + i, b"%j": grid.j.start + j}
                return fill_in(grid.text, numbers)
        return b""


def fill_in(text, numbers):
    name, at = b"", 0
    while at < len(text):
        two = text[at : at + 2]
        name += str(numbers[two]).encode() if two in numbers else text[at : at + 1]
        at += 2 if two in numbers else 1
    return name


class Remote:
    """The items of a std::vector as a sequence of numbers, each read when it is asked for: bisect
    finds its way with a few."""

    def __init__(self, library, begin, count, item_size, offset):
        self.library, self.begin, self.count = library, begin + offset, count
        self.item_size = item_size

    def __len__(self):
        return self.count

    def __getitem__(self, k):
        return self.library.u64(self.begin + k * self.item_size)


class Names:
    def __init__(self, library, tape):
        self.library = library
        self.singles, self.single_count = library.vector(
            tape + library.tape_names_singles, library.single_size
        )
        self.letters, self.letter_count = library.vector(tape + library.tape_names_letters, 1)
        self.ranges, self.range_count = library.vector(
            tape + library.tape_names_ranges, library.range_size
        )
        self.schemes = {}  # several ranges share one

    def of(self, node):
        """The node's own name, or the one from the last range over it, or an empty text."""
        library = self.library
        nodes = Remote(library, self.singles, self.single_count, library.single_size,
                       library.single_node)
        k = bisect_right(nodes, node) - 1
        if k >= 0 and nodes[k] == node:
            single = self.singles + k * library.single_size
            begin = library.u64(single + library.single_begin)
            length = library.u64(single + library.single_length)
            return library.read(self.letters + begin, length) if length else b""
        return self.of_range(node)

    def of_range(self, node):
        library = self.library
        firsts = Remote(library, self.ranges, self.range_count, library.range_size,
                        library.range_first)
        for k in range(bisect_right(firsts, node) - 1, -1, -1):
            at = self.ranges + k * library.range_size
            if node < library.u64(at + library.range_end):
                return self.scheme(library.u64(at + library.range_scheme)).name(node - firsts[k])
            if node >= library.u64(at + library.range_reach):  # of it and those before it
                break
        return b""

    def scheme(self, address):
        if address not in self.schemes:
            self.schemes[address] = Scheme(self.library, address)
        return self.schemes[address]

    # ---- In bulk ----

    def all_singles(self):
        """(node, name) in the order of nodes."""
        library = self.library
        items = library.read(self.singles, self.single_count * library.single_size)
        letters = library.read(self.letters, self.letter_count)
        for at in range(0, len(items), library.single_size):
            node, begin, length = (
                struct.unpack_from("<Q", items, at + offset)[0]
                for offset in (library.single_node, library.single_begin, library.single_length)
            )
            yield node, letters[begin : begin + length]

    def all_ranges(self):
        library = self.library
        items = library.read(self.ranges, self.range_count * library.range_size)
        for at in range(0, len(items), library.range_size):
            first, end, scheme = (
                struct.unpack_from("<Q", items, at + offset)[0]
                for offset in (library.range_first, library.range_end, library.range_scheme)
            )
            yield Range(first, end, self.scheme(scheme))

    def all(self):
        """(node, name), those of ranges after the others; a node may come twice, its own first."""
        yield from self.all_singles()
        for span in self.all_ranges():
            for node in range(span.first, span.end):
                name = span.scheme.name(node - span.first)
                if name:
                    yield node, name

    def find(self, name):
        """The last node of that name; 0 if there is none."""
        nodes = (node for node, its in self.all() if its == name and self.of(node) == name)
        return max(nodes, default=0)
