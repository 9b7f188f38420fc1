"""Batches of hpaflow's training flows, for PyTorch and others: see Batches."""

from .batches import Batches, Error

__all__ = ["Batches", "Error"]
