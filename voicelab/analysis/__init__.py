"""Moments and audio in, facts and figures out."""
