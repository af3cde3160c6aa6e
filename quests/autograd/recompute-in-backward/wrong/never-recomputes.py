"""The plain call: right in every number, and nothing is gained."""


def checkpoint(fn, *args):
    return fn(*args)


def checkpoint_chain(layers, x, segments):
    for layer in layers:
        x = layer(x)
    return x
