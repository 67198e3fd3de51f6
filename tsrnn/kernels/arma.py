"""Exact likelihood of an ARMA model, at a cost per observation proportional to its order.

The general Kalman filter updates an r x r covariance matrix at each step. For a stationary model with
constant matrices, the change of this matrix from step to step has rank one, and only that change is updated:
the Chandrasekhar recursions (Morf, Sidhu & Kailath, 1974, "Some new algorithms for recursive estimation in
constant, linear, discrete-time systems", IEEE Transactions on Automatic Control 19(4)).
"""

import numpy as np

from tsrnn.kernels.jit import kernel

_STEADY = 1e-15  # relative change of the error's variance below which the filter has converged


@kernel
def autocovariances(phi, orders, gamma):
    """Write the autocovariances of u_t = phi_1 u_(t-1) + ... + phi_P u_(t-P) + e_t, with var(e_t) = 1.

    The Durbin-Levinson recursion backwards gives the models of all lower orders, and forwards from those the
    autocovariances (Brockwell & Davis, 1991, "Time Series: Theory and Methods", proposition 5.2.1).

    phi : (P,)
    orders : (P, P), written: row m - 1 begins with the coefficients of the model of order m
    gamma : (lags,), written
    Returns whether the model is stationary; if not, gamma is incomplete.
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
def add_moving_average(theta, gamma, gamma_y):
    """Write the autocovariances of u_t + theta_1 u_(t-1) + ..., given those of u_t.

    theta : (r,), theta_0 = 1
    gamma : (2 r,), autocovariances of u
    gamma_y : (r,), written
    """
    r = len(theta)
    gamma_y[:] = 0.0
    for apart in range(r):
        weight = 0.0
        for i in range(r - apart):
            weight += theta[i] * theta[i + apart]
        if weight != 0.0:
            for lag in range(r):
                both = gamma[lag + apart] + (gamma[abs(lag - apart)] if apart > 0 else 0.0)
                gamma_y[lag] += weight * both


@kernel
def state_covariance(phi, theta, gamma_y, psi, K):
    """Write the covariances of the state at t + 1 with the observation y_t.

    Element i of that state is the sum over j >= i of phi_(j+1) y_(t+i-j) + theta_j e_(t+1+i-j).

    phi, theta : (r,), phi_1 first, theta_0 = 1 first, padded with zeros
    gamma_y : (r,), autocovariances of y
    psi : (r,), written: the effect of an error e_t on y_t, y_(t+1), ...
    K : (r,), written
    """
    r = len(phi)
    for k in range(r):
        psi[k] = theta[k]
        for j in range(k):
            psi[k] += phi[j] * psi[k - 1 - j]
    for i in range(r):
        K[i] = phi[i] * gamma_y[0]
        for j in range(i + 1, r):
            K[i] += phi[j] * gamma_y[j - i] + theta[j] * psi[j - i - 1]


@kernel
def arma_likelihood(y, phi, theta, P, orders, gamma, rows, terms):
    """Write the terms of the likelihood of y_t = sum phi_j y_(t-j) + e_t + sum theta_j e_(t-j).

    y : (n,)
    phi, theta : (r,), r = max(P, Q + 1); phi_1 first, theta_0 = 1 first, padded with zeros
    P : number of autoregressive coefficients
    orders : (P, P), gamma : (2 r,), rows : (5, r), overwritten
    terms : (2,), written: the sum of squared one-step errors, each divided by its variance relative to that
        of e, and the sum of the logarithms of these variances; infinite if the model is not stationary
    """
    r, n = len(phi), len(y)
    gamma_y, psi, K, W, a = rows[0], rows[1], rows[2], rows[3], rows[4]
    terms[0] = terms[1] = np.inf
    if not autocovariances(phi[:P], orders, gamma):
        return
    add_moving_average(theta, gamma, gamma_y)
    state_covariance(phi, theta, gamma_y, psi, K)
    F, M = gamma_y[0], -1.0 / gamma_y[0]
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
    terms[0] = squares
    terms[1] = logarithms
