"""Files that are fetched once, checked, and kept."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

__all__ = ["cache_folder", "fetched"]


def cache_folder() -> Path:
    """Where fetched files are kept: ``EXTENSOR_CACHE``, or else ``extensor`` in the user's cache folder."""
    if chosen := os.environ.get("EXTENSOR_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "extensor"


def fetched(url: str, sha256: str) -> bytes:
    """Content of a file on the network, or of the copy that the last call has left in the cache.

    Parameters
    ----------
    url
        Where it is. The copy goes by the last part of its path.
    sha256
        Digest of the content, in hexadecimal. A copy that has another is fetched anew.

    Raises
    ------
    OSError
        If it can be neither read nor fetched; the message says where to put it by hand.
    ValueError
        If what was fetched has another digest.
    """
    path = cache_folder() / url.rpartition("/")[2]
    with suppress(FileNotFoundError):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    try:
        with urlopen(url, timeout=60) as response:
            content = bytes(response.read())
    except (OSError, HTTPException) as error:
        raise OSError(f"cannot fetch {url} ({error}); fetch it by other means and put it at {path}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise ValueError(f"{url}: the content has SHA-256 {digest}, expected {sha256}; it is damaged or was exchanged")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
    return content
