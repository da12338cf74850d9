raise AssertionError("it would read our arguments")
