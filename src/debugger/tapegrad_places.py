"""Places in source code: which files are tapegrad's own, and functions by readable names."""
import re

LAYERS = ("core", "ops", "derivatives", "inspect", "program", "nn", "draw")
OWN_HEADER = re.compile(rf"(^|/)tapegrad/(?:{'|'.join(LAYERS)})/.*\.hpp$")


def is_own(file, source_folder=None):
    """Does the file belong to tapegrad? `source_folder` is where it was built, if known."""
    file = file.replace("\\", "/")
    if source_folder and file.startswith(source_folder.rstrip("/") + "/"):
        return True
    return OWN_HEADER.search(file) is not None


def group_end(text, at):
    """Behind the group that opens at `at`: "<...>", "(...)", with what is nested in it."""
    depth = 0
    for k in range(at, len(text)):
        if text[k] in "<([{":
            depth += 1
        elif text[k] in ")]}" or (text[k] == ">" and text[k - 1] != "-"):
            depth -= 1
        if depth == 0:
            return k + 1
    return len(text)


LAMBDA = re.compile(r"(\{lambda|<lambda|\$_)")
CALL_OF_LAMBDA = re.compile(r"::operator\(\)|::_FUN")
UNNAMED = "(anonymous namespace)::"
OPERATOR = re.compile(r"operator(\(\)|\[\]| [^(<]+|<=>|<<=?|>>=?|->\*?|[-+*/%^&|~!=<>,]=?)")


def function_name(text):
    """Without return type, arguments and template arguments; a lambda is called lambda. As
    function_name() in src/inspect."""
    name, at, behind_arguments = "", 0, False
    while at < len(text):
        at_part = name == "" or name.endswith("::")
        if text.startswith("::", at):
            behind_arguments = False
            name += "::" if name else ""
            at += 2
        elif behind_arguments:
            at += 1
        elif at_part and text.startswith(UNNAMED, at):
            at += len(UNNAMED)
        elif at_part and LAMBDA.match(text, at):
            at = group_end(text, at) if text[at] in "{<" else LAMBDA.match(text, at).end()
            while at < len(text) and text[at].isdigit():
                at += 1
            name += "lambda"
            if call := CALL_OF_LAMBDA.match(text, at):
                at = call.end()
        elif at_part and (sign := OPERATOR.match(text, at)):
            name += sign.group()
            at = sign.end()
        elif text[at] in "<[":
            at = group_end(text, at)
        elif text[at] == "(":
            behind_arguments = name != ""
            at = group_end(text, at)
        elif text[at] == " ":
            name, at = "", at + 1  # it was the return type
        else:
            name += text[at]
            at += 1
    return name.removesuffix("::")
