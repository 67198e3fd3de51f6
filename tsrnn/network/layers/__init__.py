"""Parts of a network: recurrent layers, decoders, pooling and output feedback."""
