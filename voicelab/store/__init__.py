"""The only room that writes files: recordings, journals, the webhook log."""
