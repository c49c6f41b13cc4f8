DROP TABLE last_write, world, plan_credit, alert, spending_limit, answer, uncertain_call, daily, month, entry,
  reservation;
DROP FUNCTION refuse_change();
