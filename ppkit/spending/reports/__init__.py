"""What a report's figures mean: the month's forecast, the same work on another model, columns of a chart."""

from ppkit.spending.reports.columns import charted, days_between, period_of
from ppkit.spending.reports.forecast import Forecast, forecast_of
from ppkit.spending.reports.other_models import OtherModel, on_other_models

__all__ = [
    "Forecast",
    "OtherModel",
    "charted",
    "days_between",
    "forecast_of",
    "on_other_models",
    "period_of",
]
