"""What running a function may come to: an upper bound, by which analyses leave out what cannot matter to them."""

from edanalyze.analyse.bearing.bearing import Bearing
from edanalyze.analyse.bearing.bears import AFFECTS, ANYTHING, Bears

__all__ = ["AFFECTS", "ANYTHING", "Bearing", "Bears"]
