"""A decision as one self-contained page for a release meeting."""

from reports.html.material import Material
from reports.html.measured import Measured, load_claim, measured
from reports.html.page import LARGEST, page
from reports.html.series import Series, read_series

__all__ = ["LARGEST", "Material", "Measured", "Series", "load_claim", "measured", "page", "read_series"]
