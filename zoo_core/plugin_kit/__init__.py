"""Tools for plugin authors: `zoo new-plugin`, `zoo check-plugin`, and the same checks for a plugin's own tests.

The public names are listed in `__init__.pyi` and imported on first use, because the zoo imports this package at
start-up, without torch.

Example:
    In the tests of a plugin named `my-plugin`::

        import pytest
        from zoo_core.plugin_kit import Check, component_checks


        @pytest.mark.parametrize("check", component_checks("my-plugin"), ids=str)
        def test_component(check: Check) -> None:
            check()
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
