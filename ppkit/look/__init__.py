"""What pages and windows share: style, icons, macros, formats, texts."""
