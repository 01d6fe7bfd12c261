"""What other systems need for the same cases, measured once on a machine like this one.

EinHops (https://github.com/baahl-nyu/einhops): all operands encrypted, evaluation only, operands
standard normal, power-of-two rotation keys, 16384 slots, 3.5 GB of memory, 11 s of key
generation at import; one core of a shared machine of two. TenSEAL 0.3.16: ring dimension
8192, same machine.
"""

from __future__ import annotations

EINHOPS: dict[str, float] = {
    "01-transpose": 86.87,
    "02-sum": 2.972,
    "03-sumcol": 0.807,
    "04-sumrow": 89.271,
    "05-matvec": 163.159,
    "06-matmat": 34.375,
    "07-dot": 1.237,
    "08-inner": 1.279,
    "09-hadamard": 0.027,
    "10-outer": 51.324,
    "11-bmm": 24.046,
    "12-3had": 0.045,
    "13-chain": 127.8,
    "14-bilinear": 159.706,
    "15-tcontract": 91.622,
}
"""Seconds of evaluation."""

TENSEAL: dict[str, float] = {
    "tenseal-dot": 0.029,
    "tenseal-vecmat": 1.372,
    "tenseal-matmul": 31.486,
    "tenseal-matmul-plain": 8.147,
}
"""Seconds: a dot product of 4096 numbers, both encrypted; an encrypted vector times a plain
matrix of 128 by 128; a matrix product of 16 by 32 by 32, both encrypted, and one plain."""
