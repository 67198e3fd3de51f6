"""Recurrent layers run over all steps of a sequence."""
