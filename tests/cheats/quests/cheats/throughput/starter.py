def softmax(x):
    raise NotImplementedError("softmax")
