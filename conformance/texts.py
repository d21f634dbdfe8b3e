"""What the standard says, in a sentence for each function and aspect, and where."""

from __future__ import annotations

from conformance.spec import BY_NAME, CONSTANTS, DTYPES, NAMESPACES, RESULTS

__all__ = ["chapter_of", "sentence", "url"]

ASPECT_SENTENCES = {
    "presence": "the standard has this function",
    "signature": "the function can be called as its signature says",
    "arrays": "`asarray` makes arrays of the data type that `dtype` names, with the elements given",
    "call": "the function takes these arguments",
    "type": "the result is an array, or a tuple of arrays, as the signature says",
    "shape": "the shape of the result follows from the arguments",
    "dtype": "the data type of the result follows from the arguments",
    "device": "results are on the device of the arguments, or on the one asked for",
    "inputs": "functions leave their array arguments unchanged",
}


PAGES = {"info": "inspection", "data types": "data_types", "constants": "constants"}
"""Chapters that are one page."""


def chapter_of(path: str) -> str:
    """Chapter of a function, method, constant or data type."""
    if path in BY_NAME:
        return BY_NAME[path].chapter
    return "data types" if path in DTYPES else "constants" if path in CONSTANTS else "array"


def sentence(path: str, check: str) -> str:
    """What the standard says of an aspect of a function."""
    row = BY_NAME.get(path)
    if row and check == "dtype" and isinstance(row.result, str):
        return f"the data type of the result is {RESULTS[row.result]}"
    if row and check == "dtype" and row.fields:
        rules = zip(row.fields, row.result, strict=True)
        return "; ".join(f"the data type of `{field}` is {RESULTS[rule]}" for field, rule in rules)
    if row and check == "signature":
        return f"{row.name}{row.signature}"
    return ASPECT_SENTENCES.get(check, "")


def url(path: str, revision: str) -> str:
    """Page of the standard for a function or a method."""
    base = f"https://data-apis.org/array-api/{revision}"
    chapter = chapter_of(path)
    if chapter in PAGES:
        return f"{base}/API_specification/{PAGES[chapter]}.html"
    row = BY_NAME.get(path)
    if row is None:
        return f"{base}/API_specification/generated/array_api.array.{path}.html"
    if row.chapter in NAMESPACES:
        return f"{base}/extensions/generated/array_api.{path}.html"
    return f"{base}/API_specification/generated/array_api.{row.name}.html"
