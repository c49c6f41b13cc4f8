"""From a brief to a post and an image, with receipts."""
