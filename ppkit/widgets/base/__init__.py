"""What every window is made of: the view and its page, messages, work beside the kernel, downloads."""
