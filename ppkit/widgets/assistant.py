"""stand-in"""
from ppkit.widgets.costs import Costs as Assistant
