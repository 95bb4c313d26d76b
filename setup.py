"""Builds the kernel from Cython and the simdjson sources inside the installed pysimdjson package."""

import importlib.util
import os
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

CORE = Path("src/moocdb_fast/_core")


def simdjson_sources() -> Path:
    """The folder with simdjson.h and simdjson.cpp: found without importing the package."""
    spec = importlib.util.find_spec("simdjson")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / "simdjson.cpp").exists():
            return Path(place)
    raise SystemExit("pysimdjson with its C++ sources is needed to build moocdb_fast: pip install pysimdjson")


def kernel() -> Extension:
    sources = simdjson_sources()
    extra = os.environ.get("MOOCDB_FAST_CFLAGS", "").split()
    return Extension(
        "moocdb_fast._core",
        sources=["src/moocdb_fast/_core.pyx", str(CORE / "simdjson_unit.cpp")],
        depends=[str(p) for p in sorted(CORE.iterdir())],
        include_dirs=[str(CORE), str(sources), numpy.get_include()],
        # No -march: simdjson chooses its implementation at run time. Exceptions stay on for bad_alloc.
        extra_compile_args=["-std=c++17", "-O3", "-DNDEBUG", "-fvisibility=hidden", *extra],
        extra_link_args=extra,
        language="c++",
    )


setup(ext_modules=cythonize([kernel()], build_dir="build/cython", compiler_directives={"language_level": "3"}))
