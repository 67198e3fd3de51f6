"""Compiled code: recurrent scans, losses, optimizer steps and window gathering."""
