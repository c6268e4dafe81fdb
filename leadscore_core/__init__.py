"""LeadScore: whom to call first, who is junk, and why."""

import os

import lazy_loader

# LightGBM's idle OpenMP threads spin and starve shared cores; this must be set before its first import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# __init__.pyi says what is offered; each name loads when it is asked for: reading needs no model, scoring no training
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
