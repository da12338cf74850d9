"""Thin-plate splines as one matrix: displacements of a few controls to a whole grid.

Source: Bookstein, "Principal warps", IEEE PAMI 11(6), 1989.
"""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

#: Added to the kernel's diagonal, in D²; keeps close neighbours from fighting.
_STIFFNESS = 1e-5


def _kernel(a: Points, b: Points) -> Points:
    squared = ((a[:, None] - b[None]) ** 2).sum(-1)
    kernel: Points = 0.5 * squared * np.log(np.maximum(squared, 1e-12))
    return kernel


def thin_plate(controls: Points, queries: Points) -> NDArray[np.float32]:
    """Matrix (queries, controls): times control values (controls, k) it gives query values.

    Points are (n, 2) in face coordinates; no two controls may coincide.
    """
    count = len(controls)
    affine = np.c_[np.ones(count), controls]
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(controls, controls) + _STIFFNESS * np.eye(count)
    system[:count, count:] = affine
    system[count:, :count] = affine.T
    weights = np.linalg.inv(system)[:, :count]
    basis = np.c_[_kernel(queries, controls), np.ones(len(queries)), queries]
    return np.asarray(basis @ weights, np.float32)
