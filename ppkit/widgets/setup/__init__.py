"""The four steps of practice and of the real account, a key's replacement, the practice console."""
