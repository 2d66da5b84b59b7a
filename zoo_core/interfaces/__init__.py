"""What a GAN is: interfaces, capabilities, recipes, settings and hooks."""

from registry import Register as Register
from registry import UsageError as UsageError
from registry import ZooError as ZooError
