"""Looks at the outputs that a student's process sent before they become part of a notebook."""

import nbformat

from autograder.sandbox.inside.channel import ChannelError, clean, parse_json

_MAX_DEPTH = 12


def outputs(body: bytes, max_count: int) -> list[nbformat.NotebookNode]:
    """The outputs of a cell as nbformat's nodes. Raises ChannelError unless each has nbformat's form."""
    received = parse_json(body)
    if not isinstance(received, list) or len(received) > max_count:
        raise ChannelError("a list of outputs is due")
    return [nbformat.from_dict(_output(output)) for output in received]


def _output(output: object) -> dict:
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr", "text": str(), **rest} if not rest:
            pass
        case {"output_type": "display_data", "data": dict(), "metadata": dict(), **rest} if not rest:
            pass
        case {"output_type": "execute_result", "data": dict(), "metadata": dict(), "execution_count": int(),
              **rest} if not rest:
            pass
        case {"output_type": "error", "ename": str(), "evalue": str(), "traceback": list(lines), **rest} if (
            not rest and all(isinstance(line, str) for line in lines)
        ):
            pass
        case _:
            raise ChannelError("this is not an output of a cell")
    for mime, content in output.get("data", {}).items():
        is_json = mime.endswith("+json") or mime == "application/json"
        if not (is_json or isinstance(content, str) or _is_text(content)):
            raise ChannelError("the data of an output is neither text nor JSON")
    return _clean(output, 0)


def _is_text(content: object) -> bool:
    """nbformat takes a list of lines too."""
    return isinstance(content, list) and all(isinstance(line, str) for line in content)


def _clean(value: object, depth: int) -> object:
    """The value with every text fit for a file. Raises ChannelError where it is nested without reason."""
    if depth > _MAX_DEPTH:
        raise ChannelError("an output is nested too deep")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, float) and not -1e308 <= value <= 1e308:
        raise ChannelError("a number in an output is not finite")
    return value
