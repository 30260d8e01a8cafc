"""The examples in the docstrings of the package are true."""

import doctest
import importlib
import pkgutil

import pytest

import mobilesasa.ussd

MODULES = [f"mobilesasa.ussd.{module.name}" for module in pkgutil.iter_modules(mobilesasa.ussd.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_work_as_printed(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
