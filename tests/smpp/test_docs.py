"""The examples in the docstrings of the library are true."""

import doctest
import importlib
import pkgutil

import pytest

import mobilesasa.smpp

MODULES = [
    "mobilesasa.smpp",
    *(f"mobilesasa.smpp.{module.name}" for module in pkgutil.iter_modules(mobilesasa.smpp.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_work_as_printed(name: str):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_package_has_an_example():
    assert doctest.testmod(mobilesasa.smpp).attempted > 10
