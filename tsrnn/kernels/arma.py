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
def add_errors(theta, gamma, own):
    """Fill in the autocovariances of u_t + theta_1 u_(t-1) + ..., given those of u.

    theta : (r,), theta_0 = 1
    gamma : (2 r,)
    own : (r,), written
    """
    r = len(theta)
    own[:] = 0.0
    for apart in range(r):
        weight = 0.0
        for i in range(r - apart):
            weight += theta[i] * theta[i + apart]
        if weight != 0.0:
            for lag in range(r):
                both = gamma[lag + apart] + (gamma[abs(lag - apart)] if apart > 0 else 0.0)
                own[lag] += weight * both


@kernel
def covary_with_the_next_state(phi, theta, own, psi, K):
    """Fill in the covariance of the state at t + 1 with the observation at t.

    Element i of that state is the sum over j >= i of phi_(j+1) y_(t+i-j) + theta_j e_(t+1+i-j).

    phi, theta : (r,), phi_1 first, theta_0 = 1 first, padded with zeros
    own : (r,), autocovariances of y
    psi : (r,), written: what an error adds to y from its own time on
    K : (r,), written
    """
    r = len(phi)
    for k in range(r):
        psi[k] = theta[k]
        for j in range(k):
            psi[k] += phi[j] * psi[k - 1 - j]
    for i in range(r):
        K[i] = phi[i] * own[0]
        for j in range(i + 1, r):
            K[i] += phi[j] * own[j - i] + theta[j] * psi[j - i - 1]


@kernel
def arma_likelihood(y, phi, theta, P, orders, gamma, rows, of_likelihood):
    """Run through the prediction errors of y_t = sum phi_j y_(t-j) + e_t + sum theta_j e_(t-j).

    y : (n,)
    phi, theta : (r,), r = max(P, Q + 1); phi_1 first, theta_0 = 1 first, padded with zeros
    P : number of autoregressive coefficients
    orders : (P, P), gamma : (2 r,), rows : (5, r), overwritten
    of_likelihood : (2,), written: the sum of squared errors, each over its variance in units of that of e,
        and the sum of the logarithms of those variances; infinite if the model is not stationary
    """
    r, n = len(phi), len(y)
    own, psi, K, W, a = rows[0], rows[1], rows[2], rows[3], rows[4]
    of_likelihood[0] = of_likelihood[1] = np.inf
    if not autocovariances(phi[:P], orders, gamma):
        return
    add_errors(theta, gamma, own)
    covary_with_the_next_state(phi, theta, own, psi, K)
    F, M = own[0], -1.0 / own[0]
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
