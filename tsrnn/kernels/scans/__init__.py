"""Recurrent layers through time."""
