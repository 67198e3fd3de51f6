"""Parts of a network: recurrent layers, decoders, and what the head reads."""
