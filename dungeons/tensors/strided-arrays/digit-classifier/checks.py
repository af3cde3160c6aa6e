"""Hidden checks of tensors/strided-arrays/digit-classifier."""

import torch

from leveling.checks import Check, Draw, Workload, case, expect
from leveling.data import digits


def dense(x):
    """The elements of an NDArray by its attributes alone, in the shape it claims."""
    places = torch.full((1,), x.offset)
    for size, stride in zip(x.shape, x.strides, strict=True):
        places = (places[:, None] + torch.arange(size) * stride).flatten()
    return x.storage[places].reshape(tuple(x.shape))


def array(values):
    from flat_storage import array

    return array(values)


def turned(values):
    """An NDArray with the values of a tensor, stored the other way round in every dimension."""
    from flat_storage import NDArray

    flipped = values.flip(list(range(values.dim()))).contiguous()
    return NDArray(flipped.reshape(-1), tuple(values.shape), [-step for step in flipped.stride()], values.numel() - 1)


def every_class(draw, count, classes):
    """Labels in which each class occurs."""
    return torch.cat([torch.arange(classes), draw.integers(0, classes, count - classes)])[draw.permutation(count)]


def settled(train, labels, unseen):
    """(N,) bool: images that no rounding could give to another class; squared distances there differ by over 0.05."""
    train, unseen = train.double().flatten(1), unseen.double().flatten(1)
    centroids = torch.stack([train[labels == k].mean(0) for k in range(10)])
    distance = (unseen[:, None] - centroids).square().sum(-1).sort(dim=1).values
    return distance[:, 1] - distance[:, 0] > 0.05


def split(draw, count=1000):
    """A random part of the training digits, all test digits in random order, and which of those are settled."""
    images, labels = digits("train")
    chosen = draw.permutation(len(images))[:count]
    unseen, truth = digits("test")
    order = draw.permutation(len(unseen))
    train = dict(images=images[chosen], labels=labels[chosen])
    order = order[settled(train["images"], train["labels"], unseen[order])]
    return train | dict(unseen=unseen[order], truth=truth[order])


class MeansOfClasses(Check):
    """fit gives the mean of each class, one row of pixels for each."""

    calls = "fit(images, labels, classes)"
    battery = False  # counts divided by counts are float32, as the floor below has it, whatever the images are

    def cases(self, draw: Draw):
        for count, shape, classes in ((12, (3,), 3), (9, (2, 2), 4), (5, (4, 1), 5), (30, (8, 8), 10)):
            images, labels = draw.normal(count, *shape, mean=2.0), every_class(draw, count, classes)
            yield case(f"{count} images of {shape}, {classes} classes", images=images, labels=labels, classes=classes)

    def probe(self, solution, images, labels, classes):
        return dense(solution.fit(array(images), array(labels), classes))


class NearestOfTheMeans(Check):
    """predict gives the class whose mean is nearest, however long the means are."""

    calls = "predict(centroids, images)"

    def cases(self, draw: Draw):
        for label, length in (("means of one length", 1.0), ("means of very different lengths", 4.0)):
            centroids = draw.normal(6, 5) * torch.linspace(1.0, length, 6)[:, None]
            images = centroids[draw.integers(0, 6, 40)] + draw.normal(40, 5, std=0.6)
            distance = (images[:, None] - centroids).square().sum(-1).sort(dim=1).values
            images = images[distance[:, 1] - distance[:, 0] > 0.01]
            yield case(label, centroids=centroids, images=images)
        yield case("images of 2 x 2 pixels", centroids=torch.eye(4), images=3 * torch.eye(4).reshape(4, 2, 2))

    def probe(self, solution, centroids, images):
        return dense(solution.predict(array(centroids), array(images)))


class ConfusionsCounted(Check):
    """confusion counts in int64: the row is the truth, the column the prediction."""

    calls = "confusion(labels, predicted, classes)"
    truth = False

    def cases(self, draw: Draw):
        for count, classes in ((20, 3), (200, 5), (1, 4), (50, 1)):
            labels, predicted = draw.integers(0, classes, count), draw.integers(0, classes, count)
            yield case(f"{count} images, {classes} classes", labels=labels, predicted=predicted, classes=classes)

    def probe(self, solution, labels, predicted, classes):
        return dense(solution.confusion(array(labels), array(predicted), classes))


class ATableOfNumbers(Check):
    """table writes one line for each row, numbers right-aligned in columns of equal width."""

    calls = "table(matrix)"
    truth = False

    def cases(self, draw: Draw):
        yield case("single digits", matrix=draw.integers(0, 10, 3, 3))
        wide = torch.cat([draw.integers(0, 10, 4, 1), draw.integers(100, 900, 4, 1)], dim=1)
        yield case("up to three digits", matrix=wide)
        yield case("one row", matrix=draw.integers(0, 2000, 1, 3))

    def probe(self, solution, matrix):
        return solution.table(array(matrix))


class ArraysOfAnyStrides(Check):
    """All functions take arrays of any strides, here stored backwards."""

    calls = "fit, predict, confusion and table of reversed arrays"

    def cases(self, draw: Draw):
        labels = every_class(draw, 40, 4)
        yield dict(images=4 * labels[:, None, None] + draw.normal(40, 3, 2), labels=labels)

    def probe(self, solution, images, labels):
        centroids = solution.fit(turned(images), turned(labels), 4)
        predicted = solution.predict(turned(dense(centroids)), turned(images))
        matrix = solution.confusion(turned(labels), turned(dense(predicted)), 4)
        text = solution.table(turned(dense(matrix)))
        return {"means": dense(centroids), "predicted": dense(predicted), "confusion": dense(matrix), "table": text}


class NothingButTheLibrary(Check):
    """The file uses no torch of its own: neither the package nor anything from it."""

    calls = "the names of digit_classifier.py"
    compare = False

    def probe(self, solution):
        found = []
        for name, value in vars(solution).items():
            home = value.__name__ if type(value).__name__ == "module" else getattr(value, "__module__", None) or ""
            if name[:2] != "__" and str(home).split(".")[0] in ("torch", "numpy"):
                found.append(name)
        return {"names": found}

    def verify(self, case, got, want):
        expect(not got["names"], f"names from outside the library: {', '.join(got['names'])}")


class DigitsAreRecognised(Check):
    """Fitted on digits, every prediction on the test split is that of the same rule in float64."""

    calls = "fit on 1,000 digits, predict on the test split"
    compare = False

    def cases(self, draw: Draw):
        yield split(draw)
        yield split(draw, 300)

    def probe(self, solution, images, labels, unseen, truth):
        predicted = solution.predict(solution.fit(array(images), array(labels)), array(unseen))
        return {"predicted": dense(predicted), "confusion": dense(solution.confusion(array(truth), predicted))}

    def verify(self, case, got, want):
        train, unseen = case["images"].double().flatten(1), case["unseen"].double().flatten(1)
        centroids = torch.stack([train[case["labels"] == k].mean(0) for k in range(10)])
        exact = (unseen[:, None] - centroids).square().sum(-1).argmin(1)
        predicted = got["predicted"]
        expect(predicted.shape == exact.shape, f"the shape is {tuple(predicted.shape)}, not {tuple(exact.shape)}")
        # `settled` left out what float32 might decide otherwise: squared distances near 1,000 are good to 1e-3
        off = int((predicted != exact).sum())
        expect(off == 0, f"{off} of {len(exact)} predictions differ from the exact rule's")
        sizes = tuple(got["confusion"].shape)
        expect(sizes == (10, 10), f"the confusion matrix has the shape {sizes}, not (10, 10)")
        right = int((exact == case["truth"]).sum())
        counted = int(got["confusion"].diagonal().sum())
        expect(
            counted == right, f"the diagonal of the confusion matrix sums to {counted}, {right} predictions are right"
        )


class TestSplit(Workload):
    """fit on 1,000 digits, predict and confusion on the test split."""

    calls = "fit on 1,000 digits, predict and confusion on the test split"

    def cases(self, draw: Draw):
        yield split(draw)

    def warm_up(self, draw: Draw):
        labels = every_class(draw, 12, 10)
        images = draw.normal(12, 8, 8)
        return dict(images=images, labels=labels, unseen=images, truth=labels)

    def probe(self, solution, images, labels, unseen, truth):
        predicted = solution.predict(solution.fit(array(images), array(labels)), array(unseen))
        return dense(solution.confusion(array(truth), predicted))


class ManyImages(Workload):
    """fit and predict on 20,000 images of 8 x 8."""

    calls = "fit and predict on 20,000 images of 8 x 8"

    def cases(self, draw: Draw, count: int = 20_000):
        yield dict(images=draw.uniform(count, 8, 8), labels=every_class(draw, count, 10))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=12))

    def probe(self, solution, images, labels):
        from flat_storage import NDArray, row_major

        shape = tuple(images.shape)
        pictures = NDArray(images.view(-1), shape, row_major(shape), 0)
        centroids = solution.fit(pictures, NDArray(labels, (len(labels),), (1,), 0))
        return dense(centroids), dense(solution.predict(centroids, pictures))[:9]
