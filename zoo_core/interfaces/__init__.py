"""What a GAN is: interfaces, capabilities, recipes, settings and hooks."""

# Public names that `registry` defines: lazy_loader accepts only relative imports in `zoo_core/__init__.pyi`.
from registry import Register as Register
from registry import UsageError as UsageError
from registry import ZooError as ZooError
