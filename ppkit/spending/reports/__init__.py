"""What a report's figures mean: the month's forecast, the same work on another model, columns of a chart."""

from ppkit.spending.reports.columns import charted, days_between, period_of
from ppkit.spending.reports.forecast import LOOK_BACK_DAYS, Forecast, forecast_of
from ppkit.spending.reports.limit_bars import LimitBar, limit_bar
from ppkit.spending.reports.other_models import TEXT_KINDS, OtherModel, on_other_models

__all__ = [
    "LOOK_BACK_DAYS",
    "TEXT_KINDS",
    "Forecast",
    "LimitBar",
    "OtherModel",
    "charted",
    "days_between",
    "forecast_of",
    "limit_bar",
    "on_other_models",
    "period_of",
]
