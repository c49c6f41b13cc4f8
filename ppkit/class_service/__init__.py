"""The class service: a gateway that holds the agency's key, and a lesson's door for learners and trainer."""
