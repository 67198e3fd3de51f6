"""Intervals learnt from errors, series by series and channel by channel, as the formulas say."""

import numpy as np


def calibrate(errors, scales, kind):
    """Return of one channel what is known of each series, and of others.

    Of a series that is one or two pairs of a size and a `_conform`: its own, and what all give together.

    Given the errors (n, H) of each series, nan where they are not known, and its scale.
    """
    n_known = [int((~np.isnan(these)).any(axis=1).sum()) for these in errors]
    comparable = [s for s, scale in enumerate(scales) if scale > 0]
    together, sizes = None, dict.fromkeys(range(len(errors)), 1.0)
    if len(errors) > 1 and any(n_known[s] for s in comparable):
        together, of_each = _conform_together([errors[s] / scales[s] for s in comparable], kind)
        sizes |= dict(zip(comparable, of_each, strict=True))
    known = []
    for s, these in enumerate(errors):
        erred = (np.abs(these) > 0).any()
        of_all = [(scales[s] * sizes[s], together)] if scales[s] > 0 and together is not None else []
        if not n_known[s] or (n_known[s] < 20 and of_all) or (of_all and not erred):
            known.append(of_all)
        else:
            known.append([(1.0, _conform(these, _weights(len(these), kind))), *of_all])
    return known, together


def margins_of(known, p, horizon):
    """Return what to add to forecasts of a series of which so much is known."""
    if not known:
        return np.full((horizon, len(p)), np.nan)
    found, *others = [size * margins(conformal, p, horizon) for size, conformal in known]
    n = known[0][1][-1]
    for other in others:
        for k, q in enumerate(p):
            if abs(2 * q - 1) > n / (n + 1):
                found[:, k] = np.sign(q - 0.5) * np.maximum(np.abs(found[:, k]), np.abs(other[:, k]))
    return found


def margins(conformal, p, horizon):
    """Return what to add to forecasts for their quantiles p, (horizon, len(p))."""
    sizes, growth, scores, shares, n = conformal
    H = len(sizes)
    steps = [sizes[h] if h < H else sizes[-1] * ((h + 1) / H) ** growth for h in range(horizon)]
    found = np.empty((horizon, len(p)))
    for k, q in enumerate(p):
        share = min(abs(2 * q - 1) * (n + 1) / n, 1)
        score = scores[min(np.searchsorted(shares, share - 1e-9), len(scores) - 1)]
        found[:, k] = np.sign(q - 0.5) * score * np.array(steps)
    return found


def _conform_together(errors, kind):
    weights = np.concatenate([_weights(len(one), kind) for one in errors])
    sizes_by_step, *_ = _conform(np.concatenate(errors), weights)
    sizes = []
    for one in errors:
        total, n = 3.0, 3.0
        for weight, row in zip(_weights(len(one), kind), one, strict=True):
            seen = ~np.isnan(row)
            total += weight * (np.abs(row[seen]) / sizes_by_step[seen]).sum() / len(row)
            n += weight * seen.mean()
        sizes.append(total / n)
    relative = [one / size for one, size in zip(errors, sizes, strict=True)]
    return _conform(np.concatenate(relative), weights), sizes


def _conform(errors, weights):
    """Return sizes by step, the power they grow with, scores, their shares and how many origins they are."""
    sizes, growth = _sizes(np.abs(errors), weights)
    scores, score_weights = [], []
    for weight, row in zip(weights, np.abs(errors), strict=True):
        for error, size in zip(row, sizes, strict=True):
            if not np.isnan(error):
                scores.append(error / size if size > 0 else 0.0)
                score_weights.append(weight)
    order = np.argsort(scores, kind="stable")
    shares = np.cumsum(np.array(score_weights)[order])
    weights = weights[~np.isnan(errors).all(axis=1)]
    n = weights.sum() ** 2 / (weights**2).sum()
    return sizes, growth, np.array(scores)[order], shares / shares[-1], n


def _sizes(errors, weights):
    H = errors.shape[1]
    means, total, squares = np.zeros(H), np.zeros(H), np.zeros(H)
    for h in range(H):
        seen = ~np.isnan(errors[:, h])
        total[h], squares[h] = weights[seen].sum(), (weights[seen] ** 2).sum()
        means[h] = (weights[seen] * errors[seen, h]).sum() / total[h] if total[h] else 0.0
    step, use = np.arange(1.0, H + 1), means > 0
    if not use.any():
        return means, 0.0
    x, y, w = np.log(step[use]), np.log(means[use]), total[use] / step[use]
    around = x - (w @ x) / w.sum()
    spread = w @ around**2
    growth = float(np.clip(w @ (around * y) / spread, 0, 1)) if spread > 0 else 0.0
    law = step**growth
    law *= (total * means).sum() / (total * law).sum()
    n = np.divide(total**2, squares, out=np.zeros(H), where=total > 0)
    return (n * means + 10 * law) / (n + 10), growth


def _weights(n, kind):
    return np.ones(n) if kind == "split" else 0.5 ** (np.arange(n)[::-1] / (0.2 * n))
