"""The exact likelihood of an ARMA model in time proportional to the order, for each observation.

The general Kalman filter updates a matrix of r x r at each step. That of a stationary model whose matrices
never change can be written as the change of that matrix, which has rank one: the Chandrasekhar recursions
(Morf, Sidhu & Kailath, 1974, "Some new algorithms for recursive estimation in constant, linear, discrete-time
systems", IEEE Transactions on Automatic Control 19(4)).
"""

import numpy as np

from tsrnn.kernels.jit import kernel

_STEADY = 1e-15  # change of the variance, relative to the error's, that no likelihood shows


@kernel
def autocovariances(phi, orders, gamma):
    """Fill in the autocovariances of u_t = phi_1 u_(t-1) + ... + phi_P u_(t-P) + e_t, e of variance 1.

    The Durbin-Levinson recursion backwards gives the models of all lower orders, and forwards from those the
    autocovariances (Brockwell & Davis, 1991, "Time Series: Theory and Methods", proposition 5.2.1).

    phi : (P,)
    orders : (P, P), written: row m - 1 begins with the coefficients of the model of order m
    gamma : (lags,), written
    Returns whether the model is stationary; if not, nothing in gamma counts.
    """
    P = len(phi)
    variance = 1.0
    for i in range(P):
        orders[P - 1, i] = phi[i]
    for m in range(P - 1, -1, -1):
        last = orders[m, m]
        left = 1.0 - last * last
        if not left > 0.0:
            return False
        variance /= left
        for i in range(m):
            orders[m - 1, i] = (orders[m, i] + last * orders[m, m - 1 - i]) / left
    gamma[0] = variance
    for lag in range(1, len(gamma)):
        order = min(lag, P)
        total = 0.0
        for i in range(order):
            total += orders[order - 1, i] * gamma[lag - 1 - i]
        gamma[lag] = total
    return True


@kernel
def covariances_with_the_next_state(phi, theta, gamma, psi, K):
    """Fill in the covariance of state t + 1 with the observation at t, and return the latter's variance.

    phi, theta : (r,), theta_0 = 1, padded with zeros
    gamma : (2 r,), autocovariances of the autoregressive part
    psi : (r,), written: what an error adds to the observations from its own on
    K : (r,), written
    """
    r = len(phi)
    for k in range(r):
        psi[k] = theta[k]
        for j in range(k):
            psi[k] += phi[j] * psi[k - 1 - j]
    for i in range(r):
        K[i] = 0.0
    variance = 0.0
    for lag in range(r):
        # the observations' own autocovariance: all pairs of errors with weights that far apart
        own = 0.0
        for i in range(r):
            if theta[i] != 0.0:
                for j in range(r):
                    own += theta[i] * theta[j] * gamma[abs(lag + i - j)]
        if lag == 0:
            variance = own
        for i in range(r - lag):
            K[i] += phi[i + lag] * own
    for i in range(r):
        for j in range(i + 1, r):
            K[i] += theta[j] * psi[j - i - 1]
    return variance


@kernel
def arma_likelihood(y, phi, theta, P, orders, gamma, rows, of_likelihood):
    """Run through the prediction errors of y_t = sum phi_j y_(t-j) + e_t + sum theta_j e_(t-j).

    y : (n,)
    phi, theta : (r,), r = max(P, Q + 1); phi_1 first, theta_0 = 1 first, padded with zeros
    P : number of autoregressive coefficients
    orders : (P, P), gamma : (2 r,), rows : (4, r), overwritten
    of_likelihood : (2,), written: the sum of squared errors, each over its variance in units of that of e,
        and the sum of the logarithms of those variances; infinite if the model is not stationary
    """
    r, n = len(phi), len(y)
    psi, K, W, a = rows[0], rows[1], rows[2], rows[3]
    of_likelihood[0] = of_likelihood[1] = np.inf
    if not autocovariances(phi[:P], orders, gamma):
        return
    F = covariances_with_the_next_state(phi, theta, gamma, psi, K)
    M = -1.0 / F
    steady = False
    squares = logarithms = 0.0
    for i in range(r):
        W[i] = K[i]
        a[i] = 0.0
    for t in range(n):
        if not F > 0.0:
            return
        expected = a[0]
        error = y[t] - expected
        scaled = error / F
        squares += error * scaled
        logarithms += np.log(F)
        for i in range(r - 1):
            a[i] = phi[i] * expected + a[i + 1] + K[i] * scaled
        a[r - 1] = phi[r - 1] * expected + K[r - 1] * scaled
        if steady:
            continue
        w = W[0]
        F_next = F + M * w * w
        largest = 0.0
        for i in range(r):
            moved = phi[i] * w + (W[i + 1] if i < r - 1 else 0.0)
            K[i] += moved * M * w
            W[i] = moved - K[i] / F_next * w
            largest = max(largest, abs(W[i]))
        M += M * M * w * w / F
        F = F_next
        steady = abs(M) * largest * largest < _STEADY * F
    of_likelihood[0] = squares
    of_likelihood[1] = logarithms
