"""What workers on this machine need, imported once: they are forked from a process that has imported this and runs nothing."""

import gc

import distributed.nanny  # noqa: F401 - and all that it needs

from .. import filling, merge, output, resolving, scan  # noqa: F401
from . import dask  # noqa: F401

gc.freeze()  # a collection in a worker need not look through all these modules
