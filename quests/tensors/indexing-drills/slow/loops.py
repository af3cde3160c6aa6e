"""Python walks over rows and pixels."""

import torch


def last_row(x):
    return x[-1].clone()


def every_other_column(x):
    return x[:, 0::2]


def reverse_time(x):
    columns = [x[:, t] for t in range(x.shape[1] - 1, -1, -1)]
    return torch.stack(columns, 1) if columns else x.clone()


def pick_per_row(x, index):
    out = x.new_zeros(x.shape[0])
    for n in range(x.shape[0]):
        out[n] = x[n, index[n]]
    return out


def rows_where(x, keep):
    return torch.stack([row for row, kept in zip(x, keep.tolist(), strict=True) if kept]) if keep.any() else x[:0]


def replace_negatives(x, value):
    return torch.where(x < 0, value, x)


def without_border(image):
    out = torch.zeros_like(image)
    for r in range(1, image.shape[0] - 1):
        out[r, 1:-1] = image[r, 1:-1]
    return out


def batched_diagonal(x):
    return torch.diagonal(x, dim1=-2, dim2=-1)


def swap_columns(x, i, j):
    out = x.clone()
    out[:, [i, j]] = x[:, [j, i]]
    return out


def center_crop(image, size):
    _, h, w = image.shape
    return image.narrow(1, (h - size) // 2, size).narrow(2, (w - size) // 2, size)
