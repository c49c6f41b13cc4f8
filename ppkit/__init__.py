"""ppkit: connect your own OpenAI account, know what it spends, and never pass your limit."""
