collect_ignore = ["fixtures"]  # its script needs PyTorch, which the tests do not
