DROP TABLE limit_change;
